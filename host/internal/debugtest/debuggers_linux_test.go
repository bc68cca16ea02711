package debugtest

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/libtest"
)

var install = flag.String("install", "", "a version of delve to install for the tests, such as latest")

// limit bounds what a debugger does; none takes a tenth of it unless it hangs.
const limit = 2 * time.Minute

// skip says why, where people see it without -v.
func skip(t *testing.T, why string, args ...any) {
	fmt.Fprintf(os.Stderr, "debugtest: %s is skipped: %s\n", t.Name(), fmt.Sprintf(why, args...))
	t.Skipf(why, args...)
}

// A debuggee is a host that calls version 1, and version 2 when it is told so.
type debuggee struct {
	pid   int
	next  func()            // goes to the next version
	await func(line string) // waits until it has said that
}

// program builds the host once.
func program(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "debughost")
	root, err := libtest.Root()
	require.NoError(t, err)
	cmd := exec.Command("go", "build", "-o", file, "./testdata/debughost")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return file
}

func begin(t *testing.T, args ...string) *debuggee {
	files := []string{libtest.Build(t, "profiled", "1"), libtest.Build(t, "profiled", "2")}
	cmd := exec.Command(program(t), append(args, files...)...)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		for range lines {
		}
		_ = cmd.Wait()
	})
	d := &debuggee{cmd.Process.Pid,
		func() {
			_, err := in.Write([]byte("\n"))
			require.NoError(t, err)
		},
		func(want string) {
			t.Helper()
			select {
			case line := <-lines:
				require.Equal(t, want, line)
			case <-time.After(limit):
				require.Fail(t, "the host does not say: "+want)
			}
		}}
	d.await("serving 1")
	return d
}

// swap goes to the next version.
func (d *debuggee) swap() {
	d.next()
	d.await("serving 2")
	d.await("unloaded 1")
}

// loaded is where the version is in the process, as proc_pid_maps(5) has it.
func (d *debuggee) loaded(t *testing.T, version string) string {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", d.pid))
	require.NoError(t, err)
	m := regexp.MustCompile(`(?m)^([0-9a-f]+)-.*hotso:\d+:profiled\.v` + version).FindSubmatch(maps)
	require.NotNil(t, m, "%s", maps)
	return "0x" + string(m[1])
}

// lineOf is the number of the line with that text in the library's source.
func lineOf(t *testing.T, text string) int {
	root, err := libtest.Root()
	require.NoError(t, err)
	source, err := os.ReadFile(filepath.Join(root, "testdata", "libs", "profiled", "main.go"))
	require.NoError(t, err)
	before, _, ok := strings.Cut(string(source), text)
	require.True(t, ok)
	return strings.Count(before, "\n") + 1
}

// run has a debugger do what is in a file, and returns what it says. One that hangs is killed.
func run(t *testing.T, script string, command ...string) string {
	file := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], file)...)
	cmd.Env = append(os.Environ(), "DEBUGINFOD_URLS=", "XDG_CONFIG_HOME="+t.TempDir())
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Stdin = strings.NewReader("quit\nn\n") // delve wants to be told, also whether it shall kill
	err := cmd.Run()
	require.NoError(t, ctx.Err(), "it hangs:\n%s", &out)
	if strings.Contains(out.String(), "ptrace: Operation not permitted") || strings.Contains(out.String(), "could not attach") {
		skip(t, "this process may not attach to another: %s", &out)
	}
	require.NoError(t, err, "%s", &out)
	return out.String()
}

func gdb(t *testing.T, script string, args ...string) string {
	path, err := exec.LookPath("gdb")
	if err != nil {
		skip(t, "gdb is not installed")
	}
	return run(t, "set pagination off\nset confirm off\nhandle all nostop noprint pass\n"+script,
		append([]string{path, "-nx", "-q", "-batch"}, append(args, "-x")...)...)
}

// With OnDisk gdb knows of each version when it is loaded: it stops by file and line, also in the one
// that comes later.
func TestGDBWithCopiesOnDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	d := begin(t, "-copies", t.TempDir())
	script := fmt.Sprintf(`
set breakpoint pending on
tbreak profiled/main.go:%d
continue
info symbol $pc
backtrace
print n
detach
`, lineOf(t, "sum += i * i"))
	for version := range 2 {
		out := gdb(t, script, "-p", fmt.Sprint(d.pid))
		assert.Regexp(t, fmt.Sprintf(`burnHere.* in section \.text of .*hotso:\d+:profiled\.v%d\.`, version+1), out)
		assert.Regexp(t, `#0 +main\.burnHere .*profiled/main\.go:`, out)
		assert.Regexp(t, `#1 .*main\.Burn .*profiled/main\.go:`, out)
		assert.Contains(t, out, "= 100000", "the argument")
		if version == 0 {
			d.swap()
		}
	}
}

// gdb knows no signal 16, by which the threads of a version are ended, stops for it, and keeps it for
// itself. So a version that is replaced meanwhile stays until gdb has gone.
func TestGDBKeepsASignal(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	d := begin(t)
	out := gdb(t, "shell echo > "+d.fifo(t)+"\ncontinue\ndetach\n", "-p", fmt.Sprint(d.pid))
	if !strings.Contains(out, "Unknown signal") {
		t.Log("this gdb knows signal 16")
	}
	d.await("serving 2")
	d.await("unloaded 1")
}

// fifo is a file that has the host go to the next version when somebody writes to it.
func (d *debuggee) fifo(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "next")
	require.NoError(t, unix.Mkfifo(path, 0o600))
	go func() {
		if f, err := os.Open(path); err == nil { // waits for who writes
			f.Close()
			d.next()
		}
	}()
	return path
}

// Without OnDisk there is the library's own file, and the address where the version is.
func TestGDBWithCopiesInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	d := begin(t)
	file := libtest.Build(t, "profiled", "1")
	out := gdb(t, fmt.Sprintf(`
info sharedlibrary
add-symbol-file %s -o %s
tbreak profiled/main.go:%d
continue
backtrace
detach
`, file, d.loaded(t, "1"), lineOf(t, "sum += i * i")), "-p", fmt.Sprint(d.pid))
	assert.Regexp(t, fmt.Sprintf(`/proc/%d/.*fd/\d+`, d.pid), out, "the object has a name that is the same for all")
	assert.Regexp(t, `#0 +main\.burnHere .*profiled/main\.go:`, out)
	assert.Regexp(t, `#1 .*main\.Burn .*profiled/main\.go:`, out)
}

// A core says which version was where, and is read with the library's own file.
func TestCoreNamesVersions(t *testing.T) {
	d := begin(t)
	core := filepath.Join(t.TempDir(), "core")
	base := d.loaded(t, "1")
	// Without anonymous memory, of which a Go process has gigabytes on paper.
	require.NoError(t, os.WriteFile(fmt.Sprintf("/proc/%d/coredump_filter", d.pid), []byte("0x1c"), 0))
	gdb(t, "generate-core-file "+core+"\ndetach\n", "-p", fmt.Sprint(d.pid))
	out := gdb(t, fmt.Sprintf("info proc mappings\nadd-symbol-file %s -o %s\ninfo address main.burnHere\n", libtest.Build(t, "profiled", "1"), base), "-c", core)
	assert.Regexp(t, base+` .* /memfd:hotso:\d+:profiled\.v1`, out)
	assert.Regexp(t, `"main\.burnHere" is (a function )?at (address )?0x`, out)
}

// delve is the debugger, or skips the test.
func delve(t *testing.T) string {
	path, err := exec.LookPath("dlv")
	if err == nil {
		return path
	}
	if *install == "" {
		skip(t, "delve is not installed (make debuggers installs it for the tests)")
	}
	dir := t.TempDir()
	cmd := exec.Command("go", "install", "github.com/go-delve/delve/cmd/dlv@"+*install)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOBIN="+dir, "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(dir, "dlv")
}

// Delve finds a version that is there when it attaches, and stops by file and line.
func TestDelveWithCopiesOnDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	dlv := delve(t)
	d := begin(t, "-copies", t.TempDir())
	script := fmt.Sprintf(`libraries
break profiled/main.go:%d
continue
stack
args
clearall
`, lineOf(t, "sum += i * i"))
	for version := range 2 {
		out := run(t, script, dlv, "attach", fmt.Sprint(d.pid), "--allow-non-terminal-interactive=true", "--init")
		assert.Regexp(t, fmt.Sprintf(`hotso:\d+:profiled\.v%d\.`, version+1), out)
		assert.Regexp(t, `> .*main\.burnHere\(\) .*profiled/main\.go:`, out)
		assert.Regexp(t, `(?s)0 .*main\.burnHere.*1 .*main\.Burn`, out)
		assert.Contains(t, out, "n = 100000")
		if version == 0 {
			d.swap()
		}
	}
}
