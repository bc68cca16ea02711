package server_test

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
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
)

// TestMeasureHostile measures the calls of a well-behaved client, one after the other: quiet,
// under attack, and quiet again. The attackers stand for other machines, so they are a process
// that runs only when neither server nor client wants the processor (SCHED_IDLE, sched(7)).
// What they have the kernel do is not preempted, and so is still in the figures.
func TestMeasureHostile(t *testing.T) {
	if *hostileClients == 0 {
		t.Skip("make hostile measures")
	}
	v := attacked(t, buildHotso(t))
	quiet := v.measure(*hostileTime / 2)
	attackers, stop := attackElsewhere(t, v.addr)
	time.Sleep(3 * time.Second) // until all of them are at it
	used := []time.Duration{cpuTime(t, v.cmd), cpuTime(t, attackers)}
	under := v.measure(*hostileTime)
	used[0], used[1] = cpuTime(t, v.cmd)-used[0], cpuTime(t, attackers)-used[1]
	peak := v.peak()
	stop()
	time.Sleep(3 * time.Second)
	quiet = append(quiet, v.measure(*hostileTime/2)...)
	v.end()

	fmt.Printf("%d hostile clients, %d processors, of which the server had %.2f under attack and the clients %.2f\n\n",
		*hostileClients, runtime.NumCPU(), used[0].Seconds()/hostileTime.Seconds(), used[1].Seconds()/hostileTime.Seconds())
	fmt.Printf("%-8s %8s %12s %12s %12s\n", "", "calls", "p50", "p99", "max")
	for _, row := range []struct {
		name string
		took []time.Duration
	}{{"quiet", quiet}, {"attacked", under}} {
		fmt.Printf("%-8s %8d %12v %12v %12v\n", row.name, len(row.took), quantile(row.took, 0.5), quantile(row.took, 0.99), quantile(row.took, 1))
	}
	fmt.Printf("\np99 under attack is %.1f times that of quiet; peak RSS %d MB\n",
		float64(quantile(under, 0.99))/float64(quantile(quiet, 0.99)), peak>>20)
	assert.Less(t, peak, int64(maxRSS))
}

// measure makes calls for so long.
func (v *victim) measure(d time.Duration) (took []time.Duration) {
	for began := time.Now(); time.Since(began) < d; {
		took = append(took, v.call())
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
