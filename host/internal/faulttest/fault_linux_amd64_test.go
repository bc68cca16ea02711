package faulttest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

var (
	seed   = flag.Uint64("fault.seed", 0, "repeat a run")
	length = flag.Duration("fault.time", 10*time.Second, "how long the run lasts")
)

const role = "HOTSO_FAULT_HOST" // seed, time and libraries, in the other process

func TestMain(m *testing.M) {
	if err := instance.OpenPermanent(); err != nil {
		fmt.Fprintln(os.Stderr, "faulttest: all tests are skipped:", err)
		os.Exit(0)
	}
	libtest.Main(m)
}

// Faults of the kernel while a host works: no fault ends it, the version that serves serves
// on, and nothing is left.
func TestFaults(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector ends the process when it gets no memory")
	}
	if *seed == 0 {
		*seed = rand.Uint64N(1 << 32)
	}
	t.Logf("-fault.seed %d", *seed)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	mine, theirs := os.NewFile(uintptr(pair[0]), "socket"), os.NewFile(uintptr(pair[1]), "socket")
	defer mine.Close()

	cmd := exec.Command(os.Args[0], "-test.run=^TestHost$", "-test.v", "-test.timeout=0")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d|%v|%s|%s", role, *seed, *length,
		libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")))
	cmd.ExtraFiles = []*os.File{theirs}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	require.NoError(t, theirs.Close())
	s, err := receive(mine)
	if err != nil {
		_ = cmd.Wait()
		if strings.Contains(out.String(), "--- SKIP") {
			t.Skip("system calls can't be handed over here: ", out.String())
		}
		require.NoError(t, err, "%s", out.String())
	}
	s.host.pid = cmd.Process.Pid
	s.random = rand.New(rand.NewPCG(*seed, 2))
	answered := make(chan error, 1)
	go func() { answered <- s.run() }()
	err = cmd.Wait()
	assert.NoError(t, err, "%s\nfaults before:\n%s", tail(out.String()), strings.Join(s.last, "\n"))
	require.NoError(t, <-answered)
	require.NoError(t, unix.Close(s.listener))
	t.Logf("%d faults: %v\n%s", s.total, s.by, lastLines(out.String(), "figures:"))
	assert.Greater(t, s.total, 10)
}

func tail(text string) string { return text[max(len(text)-20000, 0):] }

func lastLines(text, with string) (found string) {
	for line := range strings.Lines(text) {
		if strings.Contains(line, with) {
			found = line
		}
	}
	return strings.TrimSpace(found)
}

// receive gets the descriptor that the host has made.
func receive(socket *os.File) (*supervisor, error) {
	data, control := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(int(socket.Fd()), data, control, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, err
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) == 0 {
		return nil, fmt.Errorf("no descriptor came: %v", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	return &supervisor{listener: fds[0], by: map[int32]int{}}, nil
}

// TestHost is the other process.
func TestHost(t *testing.T) {
	args := strings.Split(os.Getenv(role), "|")
	if len(args) < 4 {
		t.Skip("TestFaults runs it")
	}
	seed, err := strconv.ParseUint(args[0], 10, 64)
	require.NoError(t, err)
	length, err := time.ParseDuration(args[1])
	require.NoError(t, err)
	h := newVictim(t, args[2:], rand.New(rand.NewPCG(seed, 1)))

	socket := os.NewFile(3, "socket")
	fd, err := handOver(numbers())
	if err != nil {
		t.Skip(err)
	}
	require.NoError(t, unix.Sendmsg(int(socket.Fd()), []byte("x"), unix.UnixRights(fd), nil, 0))
	require.NoError(t, socket.Close())
	require.NoError(t, unix.Close(fd))
	low, high := ownText(t)
	talk(sayText, low, high)
	for end := time.Now().Add(length); time.Now().Before(end) && !t.Failed(); {
		h.round()
	}
	h.close()
	t.Logf("figures: %d operations, %d of them failed, %d crashes", h.operations, h.failed, h.crashes)
}

// ownText is where the executable's code is.
func ownText(t *testing.T) (low, high uintptr) {
	exe, err := os.Executable()
	require.NoError(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	for line := range strings.Lines(string(maps)) {
		if f := strings.Fields(line); len(f) > 5 && f[5] == exe && strings.Contains(f[1], "x") {
			_, err := fmt.Sscanf(f[0], "%x-%x", &low, &high)
			require.NoError(t, err)
			return low, high
		}
	}
	t.Fatal("its code is nowhere")
	return 0, 0
}

var bg = context.Background()

// A victim is a host to which the faults happen.
type victim struct {
	t      *testing.T
	random *rand.Rand
	paths  []string
	slot   *host.Slot
	add    func(context.Context, int32, int32) (int32, error)
	crash  func(context.Context, string) (host.None, error)
	beside *host.Library // a version outside the slot

	operations, failed, crashes int

	mu     sync.Mutex
	events []host.Event
}

func (h *victim) note(e host.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// happened is what the slot said lately.
func (h *victim) happened() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	for _, e := range h.events[max(len(h.events)-25, 0):] {
		detail, _, _ := strings.Cut(e.Detail, "\n")
		fmt.Fprintf(&b, "%s v%s %s %s\n", e.Time.Format("05.000"), e.Version, e.State, detail)
	}
	return b.String()
}

func newVictim(t *testing.T, paths []string, random *rand.Rand) *victim {
	h := &victim{t: t, random: random, paths: paths}
	h.slot = host.NewSlot("crash", host.OnEvent(h.note), host.AllowDowngrade(), host.CrashLimit(1<<30, time.Minute), host.StartTimeout(5*time.Second))
	var err error
	h.add, err = host.Func2[int32, int32, int32](h.slot, "Add")
	require.NoError(t, err)
	h.crash, err = host.Func1[string, host.None](h.slot, "Crash")
	require.NoError(t, err)
	_, err = h.slot.Swap(bg, paths[0])
	require.NoError(t, err)
	return h
}

// round does one thing while faults happen, and then looks whether all is well.
func (h *victim) round() {
	h.operations++
	wait := h.random.IntN(1 << h.random.IntN(10))
	talk(sayArm, uintptr(wait), uintptr(1+h.random.IntN(3)))
	err := h.operate()
	talk(sayDone, 0, 0)
	if err != nil {
		h.failed++
	}
	h.serves()
}

// operate may fail, but not otherwise than its documentation says.
func (h *victim) operate() error {
	switch n := h.random.IntN(10); {
	case n < 5:
		_, err := h.slot.Swap(bg, h.paths[h.random.IntN(2)])
		return h.oneOf(err, host.ErrNotFound, host.ErrRefused, host.ErrLoad, host.ErrStart, host.ErrUnhealthy,
			host.ErrLeft, host.ErrBusy, host.ErrCrashed)
	case n < 6:
		_, err := h.slot.Rollback(bg)
		return h.oneOf(err, host.ErrNoneBefore, host.ErrLoad, host.ErrStart, host.ErrUnhealthy, host.ErrLeft, host.ErrBusy,
			host.ErrCrashed)
	case n < 8:
		h.crashes++
		_, err := h.crash(bg, []string{"abort", "locked"}[h.random.IntN(2)])
		return h.oneOf(err, host.ErrCrashed, host.ErrEmpty)
	case h.beside == nil:
		lib, err := host.Open(bg, h.paths[0], host.StartTimeout(5*time.Second))
		h.beside = lib
		return h.oneOf(err, host.ErrNotFound, host.ErrRefused, host.ErrLoad, host.ErrStart, host.ErrUnhealthy)
	default:
		_, err := h.beside.Close(bg)
		h.beside = nil
		return h.oneOf(err, host.ErrLeft, host.ErrBusy)
	}
}

func (h *victim) oneOf(err error, allowed ...error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, host.ErrLeft) {
		h.t.Log(err)
	}
	for _, a := range allowed {
		if errors.Is(err, a) {
			return err
		}
	}
	assert.Fail(h.t, "an error that is not documented", "%v", err)
	return err
}

// serves requires that the slot answers: at once, or after a crash, which a fault in the
// library's runtime may be, in a moment.
func (h *victim) serves() {
	sum, err := h.add(bg, 20, 22)
	for end := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(end); time.Sleep(time.Millisecond) {
		sum, err = h.add(bg, 20, 22)
	}
	if assert.NoError(h.t, err, "nobody serves\n%s", h.happened()) {
		assert.EqualValues(h.t, 42, sum)
	}
}

func (h *victim) close() {
	if h.beside != nil {
		_, err := h.beside.Close(bg)
		assert.NoError(h.t, err)
	}
	_, err := h.slot.Close(bg)
	assert.NoError(h.t, err)
	var left []host.VersionInfo
	assert.Eventually(h.t, func() bool {
		left = slices.DeleteFunc(h.slot.Versions(), func(v host.VersionInfo) bool {
			return v.State == host.Unloaded || v.State == host.Failed || v.State == host.Refused
		})
		return len(left) == 0
	}, 20*time.Second, 10*time.Millisecond)
	for _, v := range left {
		h.t.Log("left: ", v.Version, v.State, v.Reason)
	}
	// A version that failed may be in quarantine for a while.
	mapped := func() []proc.Mapping {
		m, err := proc.Maps("/memfd:hotso:")
		assert.NoError(h.t, err)
		return m
	}
	if !assert.Eventually(h.t, func() bool { return len(mapped()) == 0 }, 20*time.Second, 100*time.Millisecond) {
		stacks := make([]byte, 1<<20)
		h.t.Logf("%v\n%s\n%s", mapped(), h.happened(), stacks[:runtime.Stack(stacks, true)])
	}
}
