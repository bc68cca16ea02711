package server_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// make hostile sets these.
var (
	hostileClients = flag.Int("hostile.clients", 0, "measure a server under attack by so many clients")
	hostileTime    = flag.Duration("hostile.time", 20*time.Second, "how long to measure, quiet and under attack each")
	hostileKinds   = flag.String("hostile.kinds", "", "kinds of attackers, with commas between; empty: all")
	hostileAddr    = flag.String("hostile.addr", "", "attack the server there until stdin ends; not for use by hand")
	hostileAside   = flag.Bool("hostile.aside", false, "serve as the bystander until stdin ends; not for use by hand")
)

// TestMeasureHostile measures the calls of a well-behaved client, one after the other: quiet,
// under attack, and quiet again. The attackers stand for other machines, so they are a process
// that runs only when neither server nor client wants the processor (SCHED_IDLE, sched(7)).
// What they have the kernel do is not preempted. How much that is, a bystander tells: a process with
// nothing but net/http, which nobody attacks, and which the same client calls in turn with the server.
func TestMeasureHostile(t *testing.T) {
	if *hostileClients == 0 {
		t.Skip("make hostile measures")
	}
	v, aside := attacked(t, buildHotso(t)), startBystander(t)
	calls := []func() time.Duration{v.call, aside.call}
	quiet := measure(*hostileTime/2, calls...)
	attackers, stop := attackElsewhere(t, v.addr)
	time.Sleep(3 * time.Second) // until all of them are at it
	used := []time.Duration{cpuTime(t, v.cmd), cpuTime(t, attackers)}
	under := measure(*hostileTime, calls...)
	used[0], used[1] = cpuTime(t, v.cmd)-used[0], cpuTime(t, attackers)-used[1]
	peak := v.peak()
	stop()
	time.Sleep(3 * time.Second)
	for i, took := range measure(*hostileTime/2, calls...) {
		quiet[i] = append(quiet[i], took...)
	}
	v.end()

	fmt.Printf("%d hostile clients, %d processors, of which the server had %.2f under attack and the clients %.2f\n\n",
		*hostileClients, runtime.NumCPU(), used[0].Seconds()/hostileTime.Seconds(), used[1].Seconds()/hostileTime.Seconds())
	fmt.Printf("%-20s %8s %12s %12s %12s\n", "", "calls", "p50", "p99", "max")
	names := []string{"server", "bystander"}
	for i, name := range names {
		for _, row := range []struct {
			name string
			took []time.Duration
		}{{"quiet", quiet[i]}, {"attacked", under[i]}} {
			fmt.Printf("%-20s %8d %12v %12v %12v\n", name+", "+row.name, len(row.took),
				quantile(row.took, 0.5), quantile(row.took, 0.99), quantile(row.took, 1))
		}
	}
	fmt.Println()
	for i, name := range names {
		fmt.Printf("p99 of the %s under attack is %.1f times that of quiet\n", name,
			float64(quantile(under[i], 0.99))/float64(quantile(quiet[i], 0.99)))
	}
	fmt.Printf("peak RSS %d MB\n", peak>>20)
	assert.Less(t, peak, int64(maxRSS))
}

// measure makes calls in turn for so long, and tells for each what it took.
func measure(d time.Duration, calls ...func() time.Duration) [][]time.Duration {
	took := make([][]time.Duration, len(calls))
	for began := time.Now(); time.Since(began) < d; {
		for i, call := range calls {
			took[i] = append(took[i], call())
		}
	}
	return took
}

func quantile(d []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[int(q*float64(len(sorted)-1))].Round(time.Microsecond)
}

// cpuTime is what a process has used so far (proc_pid_stat(5)), in steps of 10 ms.
func cpuTime(t *testing.T, cmd *exec.Cmd) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	require.NoError(t, err)
	_, after, _ := strings.Cut(string(stat), ") ")
	var ticks int
	for _, field := range strings.Fields(after)[11:13] { // utime, stime
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}

// attackElsewhere has this test binary attack addr in a process of its own.
func attackElsewhere(t *testing.T, addr string) (cmd *exec.Cmd, stop func()) {
	cmd = exec.Command(os.Args[0], "-test.run=^TestAttack$", "-hostile.addr="+addr,
		"-hostile.clients="+strconv.Itoa(*hostileClients), "-hostile.kinds="+*hostileKinds)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, startIdle(cmd))
	begun, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "attacking\n", begun)
	return cmd, func() { _ = in.Close(); _ = cmd.Wait() } // killed, it would leave its files
}

// A bystander is a server in a process of its own that nobody attacks.
type bystander struct {
	t      *testing.T
	url    string
	client *http.Client
}

func startBystander(t *testing.T) *bystander {
	cmd := exec.Command(os.Args[0], "-test.run=^TestBystander$", "-hostile.aside")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return &bystander{t, strings.TrimSpace(url), &http.Client{Transport: &http.Transport{}, Timeout: limit}}
}

func (b *bystander) call() time.Duration {
	const text = `{"result":12345,"version":"1"}` + "\n"
	began := time.Now()
	resp, err := b.client.Post(b.url, "application/json", strings.NewReader(text))
	require.NoError(b.t, err)
	body, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	_ = resp.Body.Close()
	require.NoError(b.t, err)
	require.Equal(b.t, text, string(body))
	return took
}

// TestBystander is the server of startBystander: it sends back what it gets.
func TestBystander(t *testing.T) {
	if !*hostileAside {
		t.Skip("TestMeasureHostile starts it")
	}
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	defer echo.Close()
	fmt.Println(echo.URL)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

// startIdle starts a process that has what processor time all others leave. All of its threads
// inherit that, as from a thread of ours that then ends.
func startIdle(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock it
		err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
		if err == nil {
			err = cmd.Start()
		}
		started <- err
	}()
	return <-started
}

// TestAttack is the attackers of TestMeasureHostile.
func TestAttack(t *testing.T) {
	if *hostileAddr == "" {
		t.Skip("TestMeasureHostile starts it")
	}
	kinds := slices.Sorted(maps.Keys(attackers))
	if *hostileKinds != "" {
		kinds = strings.Split(*hostileKinds, ",")
	}
	n := max(1, (*hostileClients+len(kinds)-1)/len(kinds))
	stop := attack(*hostileAddr, n, kinds...)
	fmt.Println("attacking")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	stop()
}
