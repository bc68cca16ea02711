package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// workshop is a module with a library of a contract, whose state goes from version to version.
var workshop = map[string]string{
	"shop/shop.go": `package shop

//hotso:contract
type Shop interface {
	Say(name string) (string, error)
}
`,
	"libshop/main.go": `//hotso:contract example.com/m/shop
package main

import (
	"encoding/binary"
	"fmt"

	"example.com/m/shop"
	"github.com/hotso/hotso/cabi"
)

var said uint32

type served struct{}

func (served) Say(name string) (string, error) {
	said++
	return fmt.Sprintf("Hello, %s, %d", name, said), nil
}

func init() {
	shop.Export(func() (shop.Shop, error) { return served{}, nil })
	cabi.OnSave(func() ([]byte, error) { return binary.LittleEndian.AppendUint32(nil, said), nil })
	cabi.OnRestore(func(state []byte) error { said = binary.LittleEndian.Uint32(state); return nil })
}

func main() {}
`,
	"host/main.go": `package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	fmt.Println("host 1 begins", len(os.Args))
	<-end
	fmt.Println("host 1 ends")
}
`,
}

// makeWorkshop writes it, and returns its directory.
func makeWorkshop(t *testing.T) string {
	t.Helper()
	dir := libtest.Module(t, "example.com/m")
	for name, text := range workshop {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	return dir
}

// A workbench is hotso dev in a process of its own.
type workbench struct {
	*child
	dir string
}

func startDev(t *testing.T, dir string, args ...string) *workbench {
	cmd := exec.Command("hotso", append([]string{"dev", "--json"}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), libtest.Offline...)
	return &workbench{launch(t, cmd), dir}
}

// edit replaces a text in a file, by a rename, as most editors do.
func (w *workbench) edit(name, from, to string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	text, err := os.ReadFile(path)
	require.NoError(w.t, err)
	require.Contains(w.t, string(text), from)
	require.NoError(w.t, os.WriteFile(path+"~", []byte(strings.Replace(string(text), from, to, 1)), 0o666))
	require.NoError(w.t, os.Rename(path+"~", path))
}

// built waits for a line of that state.
func (w *workbench) built(state string) devLine {
	w.t.Helper()
	for {
		line := w.next()
		if line.State == state {
			return line
		}
		require.NotContains(w.t, []string{"failed", "refused", "crashed"}, line.State, line.Error)
	}
}

// next waits for the next line.
func (w *workbench) next() (line devLine) {
	w.t.Helper()
	select {
	case text, ok := <-w.lines:
		require.True(w.t, ok, "hotso ended: %s", &w.stderr)
		require.NoError(w.t, json.Unmarshal([]byte(text), &line))
	case <-time.After(5 * time.Minute):
		require.Fail(w.t, "hotso builds nothing", "%s", &w.stderr)
	}
	return line
}

func (w *workbench) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	require.NoError(w.t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(w.t, os.WriteFile(path, []byte(text), 0o666))
}

// serves waits until a version says that to Ada. Until then there may be several builds, of which some fail.
func (w *workbench) serves(want string) {
	w.t.Helper()
	for {
		if w.next().State == "serving" {
			if _, body := w.call("Shop.Say", `["Ada"]`); strings.Contains(body, `{"result":"`+want) {
				return
			}
		}
	}
}

// version is the one that serves.
func (w *workbench) version() string {
	_, body := w.call("Shop.Say", `["Ada"]`)
	_, v, _ := strings.Cut(body, `"version":`)
	return v
}

func needBuild(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("no state is handed over where nothing is unloaded")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip(err)
	}
}

// What is saved serves, with the state of what served before; what does not compile, or vet complains
// of, does not, and the version before serves on.
func TestDev(t *testing.T) {
	needBuild(t)
	output := t.TempDir()
	w := startDev(t, makeWorkshop(t), "--addr", "127.0.0.1:0", "-o", output, "./libshop")
	w.listen()
	says := func(want string) {
		t.Helper()
		status, body := w.call("Shop.Say", `["Ada"]`)
		assert.Equal(t, 200, status)
		assert.Contains(t, body, `{"result":"`+want+`","version":"`)
	}
	first := w.built("serving")
	assert.Equal(t, "0.0.1", first.Version)
	assert.Contains(t, first.Files, filepath.Join(w.dir, "shop/shop.go"))
	assert.Positive(t, first.Build)
	assert.Positive(t, first.Swap)
	says("Hello, Ada, 1")

	w.edit("libshop/main.go", "Hello", "Moin")
	second := w.built("serving")
	require.NotNil(t, second.Handover)
	assert.Equal(t, 4, second.Handover.Bytes)
	assert.Empty(t, second.Timing)
	assert.Equal(t, []string{filepath.Join(w.dir, "libshop/main.go")}, second.Files)
	says("Moin, Ada, 2")

	w.edit("libshop/main.go", "name, said), nil", "name, sait), nil")
	failed := w.built("failed")
	assert.Contains(t, failed.Error, "libshop/main.go:18:", "from where hotso runs")
	assert.Contains(t, failed.Error, "undefined: sait")
	assert.Equal(t, "errors/go-command", failed.Page)
	says("Moin, Ada, 3")

	w.edit("libshop/main.go", "%d\", name, sait), nil", "%s\", name, said), nil")
	w.built("serving")
	says("Moin, Ada, %!s(uint32=4)")
	complaint := w.built("vet")
	assert.Contains(t, complaint.Error, "go vet: ")
	assert.Contains(t, complaint.Error, "libshop/main.go:18:")

	w.edit("libshop/main.go", "%s\", name, said), nil", "%d!\", name, said), nil")
	w.built("serving")

	// The contract is generated again.
	w.edit("libshop/main.go", "%d!\"", "%d\"")
	w.edit("shop/shop.go", "(string, error)\n}", "(string, error)\n\tMore() (int, error)\n}")
	w.edit("libshop/main.go", "func init() {", "func (served) More() (int, error) { return 42, nil }\n\nfunc init() {")
	for more := false; !more; { // on a slow machine they are several builds, of which some fail
		if w.next().State == "serving" {
			_, body := w.call("Shop.More", "[]")
			more = strings.Contains(body, `{"result":42,`)
		}
	}
	says("Moin, Ada, 5")
	built, err := filepath.Glob(filepath.Join(output, "libshop.v*.so"))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(built), 3, "%v", built)
	assert.NoFileExists(t, filepath.Join(output, "libshop.v0.0.1.so"))

	// A package comes, and goes with what imports it.
	w.write("words/words.go", "package words\n\nconst Hey = \"Hey\"\n")
	w.edit("libshop/main.go", "\"Moin, %s", "words.Hey+\", %s")
	w.edit("libshop/main.go", "\"example.com/m/shop\"", "\"example.com/m/shop\"\n\t\"example.com/m/words\"")
	w.serves("Hey, Ada, 6")
	require.NoError(t, os.RemoveAll(filepath.Join(w.dir, "words")))
	w.edit("libshop/main.go", "words.Hey+\", %s", "\"Moin, %s")
	w.edit("libshop/main.go", "\t\"example.com/m/words\"\n", "")
	w.serves("Moin, Ada, ")

	// Tests are looked at, but nothing is swapped for them.
	serving := w.version()
	w.write("libshop/main_test.go", "package main\n\nfunc helper() { nobody() }\n")
	assert.Contains(t, w.built("failed").Error, "libshop/main_test.go:3:")
	w.write("libshop/main_test.go", "package main\n\nfunc helper() { main() }\n")
	w.built("serving")
	assert.NotEqual(t, serving, w.version(), "after what failed all is built")

	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	assert.Zero(t, w.exit(), "%s", &w.stderr)
}

// What a version is told of beside that it serves, and what keeps it from that.
func TestDevTells(t *testing.T) {
	plainOnly(t)
	needBuild(t)
	output, dir := t.TempDir(), makeWorkshop(t)
	main := filepath.Join(dir, "libshop/main.go")
	text, err := os.ReadFile(main)
	require.NoError(t, err)
	logs := strings.Replace(string(text), "func main() {}", "func main() {}\n\nfunc init() { slog.New(cabilog.Handler()).Info(\"the library logs\") }", 1)
	logs = strings.Replace(logs, `"fmt"`, `"errors"
	"fmt"
	"log/slog"`, 1)
	logs = strings.Replace(logs, "cabi\"\n", "cabi\"\n\t\"github.com/hotso/hotso/cabi/cabilog\"\n", 1)
	logs = strings.Replace(logs, "func main() {}", "var _ = errors.New\n\nfunc main() {}", 1)
	require.NoError(t, os.WriteFile(main, []byte(logs), 0o666))
	w := startDev(t, dir, "--addr", "127.0.0.1:0", "-o", output, "--strict", "--timing", "./libshop")
	w.listen()
	w.built("serving")
	require.Eventually(t, func() bool { return strings.Contains(w.stderr.String(), "the library logs") }, limit, time.Millisecond, "%s", &w.stderr)
	_, body := w.call("Shop.Say", `["Ada"]`)
	assert.Contains(t, body, "Hello, Ada, 1")

	// Another one would take the same numbers.
	cmd := exec.Command("hotso", "dev", "--addr", "127.0.0.1:0", "-o", output, "./libshop")
	cmd.Dir, cmd.Env = dir, w.cmd.Env
	refused, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(refused), "another hotso dev builds into it")

	w.edit("libshop/main.go", "%d\", name, said), nil", "%s\", name, said), nil")
	assert.Contains(t, w.built("failed").Error, "go vet: ")
	w.edit("libshop/main.go", "%s\", name, said), nil", "%d!\", name, said), nil")
	served := w.built("serving")
	steps := map[string]time.Duration{}
	var sum time.Duration
	for _, s := range served.Timing {
		assert.Positive(t, s.Took, s.Step)
		steps[s.Step] = s.Took
		if s.Step != "total" && s.Step != "cgo" {
			sum += s.Took
		}
	}
	for _, step := range []string{"notice", "list", "compile", "link", "seal", "verify", "load", "start", "swap", "total"} {
		assert.Contains(t, steps, step)
	}
	assert.InEpsilon(t, steps["total"], sum, 0.2, "it is all of the time: %v", steps)

	// A state that is not taken over.
	w.edit("libshop/main.go", "said = binary.LittleEndian.Uint32(state); return nil", "return errors.New(\"another form\")")
	failed := w.built("failed")
	assert.Contains(t, failed.Error, "another form")
	assert.Contains(t, failed.Mend, "cabi.OnRestore")
	assert.Equal(t, "errors/state", failed.Page)
	_, body = w.call("Shop.Say", `["Ada"]`)
	assert.Contains(t, body, "Hello, Ada, 2!")
	w.edit("libshop/main.go", "cabi.OnRestore(", "_ = (")
	served = w.built("serving")
	require.NotNil(t, served.Handover)
	assert.True(t, served.Handover.Lost)

	resp, err := http.Get(w.url + "/dev.js")
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	assert.Zero(t, w.exit(), "%s", &w.stderr)
}

// A second signal does not wait for a host that does not end.
func TestDevInAHurry(t *testing.T) {
	needBuild(t)
	w := startDev(t, makeWorkshop(t), "--vet=false", "./libshop", "--", "sh", "-c", `trap '' TERM; echo "runs as $$"; while :; do sleep 0.01; done`)
	w.built("built")
	require.Eventually(t, func() bool { return strings.Contains(w.stderr.String(), "runs as ") }, limit, time.Millisecond)
	var host int
	_, after, _ := strings.Cut(w.stderr.String(), "runs as ")
	_, err := fmt.Sscan(after, &host)
	require.NoError(t, err)
	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	ended := make(chan struct{})
	go func() { // the second one may come before the first has been dealt with
		for {
			select {
			case <-ended:
				return
			case <-time.After(50 * time.Millisecond):
				_ = w.cmd.Process.Signal(os.Interrupt)
			}
		}
	}()
	assert.Zero(t, w.exit(), "%s", &w.stderr)
	close(ended)
	assert.ErrorIs(t, syscall.Kill(host, 0), syscall.ESRCH, "the host is gone, too")
}

// A host of one's own is started again when its own source changed, or what is generated for it.
func TestDevWithAHost(t *testing.T) {
	plainOnly(t)
	needBuild(t)
	versions := t.TempDir()
	w := startDev(t, makeWorkshop(t), "--vet=false", "-o", versions, "./libshop", "--", "go", "run", "./host", "{}", "x")
	says := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(w.stderr.String(), want) }, limit, time.Millisecond, "%s", &w.stderr)
	}
	assert.Equal(t, "0.0.1", w.built("built").Version)
	assert.FileExists(t, filepath.Join(versions, "libshop.v0.0.1.so"))
	says("host 1 begins 3\n")

	w.edit("libshop/main.go", "Hello", "Moin")
	assert.Equal(t, "0.0.2", w.built("built").Version)
	assert.FileExists(t, filepath.Join(versions, "libshop.v0.0.2.so"))
	assert.NotContains(t, w.stderr.String(), "ends", "the host goes on")

	w.edit("host/main.go", "host 1 begins", "host 2 begins")
	says("host 1 ends\nhost 2 begins 3\n")
	w.edit("host/main.go", "<-end", "<-ende")
	failed := w.built("failed")
	assert.Contains(t, failed.Error, "host/main.go:14:")
	w.edit("host/main.go", "<-ende", "<-end")
	says("host 1 ends\nhost 2 begins 3\nhost 1 ends\nhost 2 begins 3\n")
	assert.NoFileExists(t, filepath.Join(versions, "libshop.v0.0.3.so"), "the library has not changed")

	// If the library does not build, the host waits for it.
	w.edit("libshop/main.go", "name, said), nil", "name, sait), nil")
	w.edit("host/main.go", "host 2 begins", "host 3 begins")
	for failed = w.next(); failed.State != "failed" || !strings.Contains(failed.Error, "sait"); failed = w.next() {
	}
	w.edit("libshop/main.go", "name, sait), nil", "name, said), nil")
	says("host 3 begins 3\n")

	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	assert.Zero(t, w.exit(), "%s", &w.stderr)
	begun := strings.Count(w.stderr.String(), " begins ")
	assert.Equal(t, begun, strings.Count(w.stderr.String(), "host 1 ends"))
}

// The host that ends does not see the version that is for the next one. Pages learn of both.
func TestDevHoldsAVersionBack(t *testing.T) {
	plainOnly(t)
	needBuild(t)
	dir := makeWorkshop(t)
	main := filepath.Join(dir, "host/main.go")
	text, err := os.ReadFile(main)
	require.NoError(t, err)
	counts := strings.Replace(string(text), `fmt.Println("host 1 ends")`, `fmt.Println("host 1 ends with", count(), "versions")`, 1)
	counts = strings.Replace(counts, `fmt.Println("host 1 begins", len(os.Args))`, `fmt.Println("host 1 begins with", count(), "versions")`, 1)
	counts = strings.Replace(counts, `"os/signal"`, "\"os/signal\"\n\t\"path/filepath\"", 1)
	counts += `
func count() int {
	found, _ := filepath.Glob(filepath.Join(os.Args[1], "libshop.v*.so"))
	return len(found)
}
`
	require.NoError(t, os.WriteFile(main, []byte(counts), 0o666))
	w := startDev(t, dir, "--vet=false", "--addr", "127.0.0.1:0", "./libshop", "--", "go", "run", "./host", "{}")
	w.listen()
	says := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(w.stderr.String(), want) }, limit, time.Millisecond, "%s", &w.stderr)
	}
	w.built("built")
	says("host 1 begins with 1 versions\n")

	req, err := http.NewRequestWithContext(t.Context(), "GET", w.url+"/dev/events", nil)
	require.NoError(t, err)
	req.Header.Set("Origin", "http://localhost:3000")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, "http://localhost:3000", resp.Header.Get("Access-Control-Allow-Origin"))
	told := make(chan string, 100)
	go func() {
		defer close(told)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			if data, ok := strings.CutPrefix(in.Text(), "data: "); ok {
				told <- data
			}
		}
	}()

	w.edit("libshop/main.go", "Hello", "Moin")
	w.edit("host/main.go", "host 1 begins", "host 2 begins")
	says("host 1 ends with 1 versions\nhost 2 begins with 2 versions\n")
	w.edit("libshop/main.go", "name, said), nil", "name, sait), nil")
	w.built("failed")
	for data := range told {
		if strings.Contains(data, "undefined: sait") {
			break
		}
	}
	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	assert.Zero(t, w.exit(), "%s", &w.stderr)
	for range told { // the stream ends
	}
}

// A host that can't be built is started all the same, and again when it has ended.
func TestDevWithAnyHost(t *testing.T) {
	plainOnly(t)
	needBuild(t)
	w := startDev(t, makeWorkshop(t), "--vet=false", "./libshop", "--", "sh", "-c", `echo "ran in $0"; exit 3`, "{}")
	w.built("built")
	ended := w.built("ended")
	assert.Equal(t, "exit status 3", ended.Error)
	w.edit("libshop/main.go", "Hello", "Moin")
	w.built("built")
	w.built("ended")
	require.NoError(t, w.cmd.Process.Signal(syscall.SIGHUP))
	assert.Zero(t, w.exit(), "%s", &w.stderr)
	assert.Equal(t, 2, strings.Count(w.stderr.String(), "ran in /"))
}

func TestDevUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"2 arguments given":      {"a", "b"},
		"is followed by no comm": {"a", "--"},
		"which one: liba, libb?": nil,
	} {
		cmd := exec.Command("hotso", append([]string{"dev"}, args...)...)
		cmd.Dir = t.TempDir()
		for _, name := range []string{"liba", "libb"} {
			require.NoError(t, os.Mkdir(filepath.Join(cmd.Dir, name), 0o777))
			require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, name, "a.go"), nil, 0o666))
		}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, exitUsage, exit.ExitCode())
		assert.Contains(t, string(out), want)
	}
	dir := filepath.Join(t.TempDir(), "lib")
	require.NoError(t, os.Mkdir(dir, 0o777))
	out, err := exec.Command("hotso", "dev", "--addr", "127.0.0.1:0", dir).CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "go.mod file not found")
	out, err = exec.Command("hotso", "dev", "--addr", "127.0.0.1:0", "--name", "a b", "../../../libgreeter").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "bad library name")
}
