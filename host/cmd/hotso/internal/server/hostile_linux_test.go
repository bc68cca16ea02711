package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// maxRSS is what hotso serve may take under attack, in bytes. Beside other tests it collects its garbage
// later, and may take more.
const (
	maxRSS     = 300 << 20
	maxBusyRSS = 500 << 20
)

// buildHotso builds the command as users have it.
func buildHotso(t *testing.T) (path string) {
	path = filepath.Join(t.TempDir(), "hotso")
	cmd := exec.Command("go", "build", "-o", path, "github.com/hotso/hotso/host/cmd/hotso")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// A victim is hotso serve in a process of its own.
type victim struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string
	good *http.Client
	n    int // calls of good
}

// attacked starts hotso serve for the library echo.
func attacked(t *testing.T, hotso string) *victim {
	library := libtest.Build(t, "echo", "1")
	v := &victim{t: t, good: &http.Client{Transport: &http.Transport{}, Timeout: limit}}
	v.cmd = exec.Command(hotso, "serve", filepath.Dir(library), "--addr", "127.0.0.1:0", "--json", "--drain", (10 * limit).String())
	v.cmd.Stderr = os.Stderr
	out, err := v.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, v.cmd.Start())
	t.Cleanup(func() { _ = v.cmd.Process.Kill(); _ = v.cmd.Wait() })
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	require.NoError(t, err)
	var first struct{ Listening string }
	require.NoError(t, json.Unmarshal(line, &first))
	v.addr = strings.TrimPrefix(first.Listening, "http://")
	for !strings.Contains(string(line), `"serving"`) {
		line, err = lines.ReadBytes('\n')
		require.NoError(t, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return v
}

// call is one of a well-behaved client, which must be answered, and rightly.
func (v *victim) call() (took time.Duration) {
	v.t.Helper()
	v.n++
	function, args := "Int32", strconv.Itoa(v.n)
	if v.n%2 == 0 {
		function, args = "Text", `"text `+args+`"`
	}
	began := time.Now()
	resp, err := v.good.Post("http://"+v.addr+"/call/"+function, "application/json", strings.NewReader("["+args+"]"))
	require.NoError(v.t, err)
	body, err := io.ReadAll(resp.Body)
	took = time.Since(began)
	_ = resp.Body.Close()
	require.NoError(v.t, err)
	require.Equal(v.t, `{"result":`+args+`,"version":"1"}`+"\n", string(body))
	return took
}

// peak is the most memory that the server has had so far, in bytes (VmHWM, proc_pid_status(5)).
func (v *victim) peak() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.cmd.Process.Pid))
	require.NoError(v.t, err)
	m := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status)
	require.NotNil(v.t, m)
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	require.NoError(v.t, err)
	return kb << 10
}

// end has the server drain, while the attack goes on.
func (v *victim) end() {
	v.t.Helper()
	v.good.CloseIdleConnections()
	require.NoError(v.t, v.cmd.Process.Signal(syscall.SIGTERM))
	ended := make(chan error, 1)
	go func() { ended <- v.cmd.Wait() }()
	select {
	case err := <-ended:
		require.NoError(v.t, err)
	case <-time.After(limit):
		require.Fail(v.t, "hotso does not end")
	}
}

// attack has n clients of each kind, until the function that it returns is called.
func attack(addr string, n int, kinds ...string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, kind := range kinds {
		for range n {
			all.Go(func() { attackers[kind](ctx, addr) })
		}
	}
	return func() { cancel(); all.Wait() }
}

// Whatever hostile clients do, a well-behaved one is answered, the server's memory is bounded,
// and it ends when it is told to.
func TestHostile(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("attacks take a minute, and the server is a program of its own, without the race detector")
	}
	hotso := buildHotso(t)
	attacks := map[string][]string{"all": slices.Collect(maps.Keys(attackers))}
	for kind := range attackers {
		attacks[kind] = []string{kind}
	}
	for _, name := range slices.Sorted(maps.Keys(attacks)) {
		t.Run(name, func(t *testing.T) {
			v := attacked(t, hotso)
			n := 40
			if name == "all" {
				n = 10
			}
			defer attack(v.addr, n, attacks[name]...)()
			for began := time.Now(); v.n < 10 || time.Since(began) < time.Second/2; {
				v.call()
			}
			assert.Less(t, v.peak(), int64(maxBusyRSS), "MB: %d", v.peak()>>20)
			t.Logf("%d MB", v.peak()>>20)
			v.end()
		})
	}
}
