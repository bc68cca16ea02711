package page

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const token = "letmein"

// hotso is the command, built once.
var hotso = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "hotso")
	out, err := exec.Command("go", "build", "-C", "../..", "-o", path, "./host/cmd/hotso").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

var dir string // for what is built

func TestMain(m *testing.M) {
	code := func() int {
		var err error
		if dir, err = os.MkdirTemp("", "hotso-page-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		return m.Run()
	}()
	os.Exit(code)
}

func run(t *testing.T, args ...string) {
	t.Helper()
	path, err := hotso()
	require.NoError(t, err)
	out, err := exec.Command(path, args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// library builds a version of libgreeter, of which so many greetings of 100 fail, and which takes so many times
// as long.
func library(t *testing.T, version string, failing, slow float64) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler: install gcc")
	}
	out := filepath.Join(dir, "v"+version)
	run(t, "build", "./libgreeter", "--version", version, "-o", out, "--ldflags", fmt.Sprintf("-X main.failing=%v -X main.slow=%v", failing, slow))
	return filepath.Join(out, "libgreeter.v"+version+".so")
}

// A server is a hotso serve of its own.
type server struct {
	t    *testing.T
	dir  string
	url  string
	addr string
	cmd  *exec.Cmd
}

// serve starts it, at addr if that is not empty.
func serve(t *testing.T, dir, addr string, flags ...string) *server {
	t.Helper()
	path, err := hotso()
	require.NoError(t, err)
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	s := &server{t: t, dir: dir}
	s.cmd = exec.Command(path, append([]string{"serve", dir, "--addr", addr, "--token", token, "--json", "--drain", "2s"}, flags...)...)
	s.cmd.Stderr = t.Output()
	out, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	in := bufio.NewReader(out)
	line, err := in.ReadString('\n')
	require.NoError(t, err)
	var listening struct{ Listening string }
	require.NoError(t, json.Unmarshal([]byte(line), &listening))
	s.url, s.addr = listening.Listening, strings.TrimPrefix(listening.Listening, "http://")
	go func() { _, _ = io.Copy(io.Discard, in) }()
	t.Cleanup(s.stop)
	return s
}

func (s *server) stop() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		_ = s.cmd.Wait()
	}
}

// put renames a copy of a file into the directory that is served.
func (s *server) put(library, as string) {
	s.t.Helper()
	b, err := os.ReadFile(library)
	require.NoError(s.t, err)
	s.write(as, b)
}

func (s *server) write(as string, b []byte) {
	s.t.Helper()
	temp := filepath.Join(s.dir, ".new")
	require.NoError(s.t, os.WriteFile(temp, b, 0o755))
	require.NoError(s.t, os.Rename(temp, filepath.Join(s.dir, as)))
}

func (s *server) post(ctx context.Context, path, body string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, "POST", s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// deploy is a deployment that must succeed.
func (s *server) deploy(path, body string) {
	s.t.Helper()
	status, answer, err := s.post(s.t.Context(), path, body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, status, answer)
}

// traffic has callers call until the test ends or stop is called; what becomes of the calls is for the page to show.
func (s *server) traffic(callers int, pause time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for ctx.Err() == nil {
				_, _, _ = s.post(ctx, "/call/Greet", fmt.Sprintf(`["caller %d"]`, i))
				time.Sleep(time.Duration(float64(pause) * (0.5 + rand.Float64())))
			}
		})
	}
	stop = func() { cancel(); all.Wait() }
	s.t.Cleanup(stop)
	return stop
}
