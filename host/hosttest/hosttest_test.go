package hosttest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/examples/contract/greeting"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest"
	"github.com/hotso/hotso/host/hosttest/drill"
	"github.com/hotso/hotso/host/hosttest/soak"
	"github.com/hotso/hotso/host/internal/libtest"
)

// The TLS carrier, the eventfd for crashes, and the list of threads stay until the process ends.
func TestMain(m *testing.M) {
	libtest.Main(m, libtest.Allow("hotso-tls", "anon_inode:[eventfd]", "/task"))
}

// greeter is a fake.
type greeter struct{ text string }

func (g greeter) Greet(_ context.Context, p greeting.Person) (greeting.Greeting, error) {
	if p.Name == "" {
		return greeting.Greeting{}, greeting.ErrNoName
	}
	return greeting.Greeting{Text: g.text + " " + p.Name, To: p}, nil
}

func (g greeter) History(ctx context.Context) iter.Seq2[greeting.Greeting, error] {
	return func(yield func(greeting.Greeting, error) bool) {
		for i := 0; yield(greeting.Greeting{Text: fmt.Sprint(g.text, i)}, ctx.Err()) && ctx.Err() == nil; i++ {
		}
	}
}

func (g greeter) Add(a, b int32) int32 { return a + b }

func bind(t *testing.T, slot *host.Slot) greeting.Greeter {
	g, err := greeting.Bind(slot)
	require.NoError(t, err)
	return g
}

var ada = greeting.Person{Name: "Ada"}

func TestSwap(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"})
	g := bind(t, slot)
	said, err := g.Greet(t.Context(), ada)
	require.NoError(t, err)
	assert.Equal(t, "Hello Ada", said.Text)
	_, err = g.Greet(t.Context(), greeting.Person{})
	assert.ErrorIs(t, err, greeting.ErrNoName)

	swap := hosttest.Swap(t, slot, greeter{"Moin"})
	assert.Equal(t, "2", swap.Version)
	said, err = g.Greet(t.Context(), ada)
	require.NoError(t, err)
	assert.Equal(t, "Moin Ada", said.Text)

	_, err = slot.SwapTo(t.Context(), hosttest.Version(t, slot, "3", map[string]any{"Add": func() {}}))
	assert.ErrorIs(t, err, host.ErrContract, "what is bound must be there")
	sum, err := slot.Call(t.Context(), "Add", 1, 2)
	require.NoError(t, err)
	assert.EqualValues(t, 3, sum.Value)
}

// Whoever is inside when a version crashes gets the crash, and the slot recovers.
func TestCrash(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"}, host.CrashLimit(2, time.Hour))
	g := bind(t, slot)
	release := hosttest.Hang(t, slot, "Greet")
	defer release()
	const callers = 8
	inside := make(chan error, callers)
	for i := range callers {
		go func() {
			ctx := context.Background()
			if i%2 == 0 {
				ctx = t.Context() // which can end
			}
			_, err := g.Greet(ctx, ada)
			inside <- err
		}()
	}
	require.Eventually(t, func() bool { return slot.Current().InFlight() == callers }, time.Minute, time.Millisecond)
	var history error
	reading := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		once := sync.OnceFunc(func() { close(reading) })
		for _, history = range g.History(t.Context()) {
			once()
		}
	}()
	<-reading
	hosttest.Crash(t, slot, "out of luck")
	for range callers {
		err := <-inside
		require.ErrorIs(t, err, host.ErrCrashed)
		assert.ErrorContains(t, err, "out of luck")
	}
	<-read
	assert.ErrorIs(t, history, host.ErrCrashed)
	release()
	require.Eventually(t, func() bool { // a caller learns of the crash before the version is started again
		_, err := g.Greet(t.Context(), ada)
		return err == nil
	}, time.Minute, time.Millisecond)
	hosttest.Crash(t, slot, "again")
	_, err := g.Greet(t.Context(), ada)
	require.ErrorIs(t, err, host.ErrCrashed, "too often")
	hosttest.Swap(t, slot, greeter{"Moin"})
	_, err = g.Greet(t.Context(), ada)
	require.NoError(t, err)
}

// A reader whose sequence hangs gets the crash, too.
func TestCrashOfAStream(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	slot := hosttest.New(t, map[string]any{"Read": func() iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			close(inside)
			<-release
		}
	}})
	s, err := slot.CallStream(t.Context(), "Read")
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := s.Read(make([]byte, 1))
		failed <- err
	}()
	<-inside
	lib := slot.Current()
	hosttest.Crash(t, slot, "out of luck")
	assert.ErrorIs(t, <-failed, host.ErrCrashed)
	require.Eventually(t, func() bool { return lib.State() == host.Crashed || lib.State() == host.Unloaded }, time.Minute, time.Millisecond)
	close(release)
}

// A version that has crashed need not be waited for, and what a crash has left behind reads no memory of its caller's.
func TestCrashOfWhatHangs(t *testing.T) {
	saving, release := make(chan struct{}), make(chan struct{})
	slot := hosttest.New(t, greeter{"Hello"}, host.HandoverTimeout(time.Hour))
	state := host.Hooks{
		Save:    func() ([]byte, error) { close(saving); <-release; return nil, nil },
		Restore: func([]byte) error { return nil },
	}
	sum := map[string]any{"Sum": func(b []byte) (n int64) {
		<-release
		for _, x := range b {
			n += int64(x)
		}
		return n
	}}
	hosttest.Swap(t, slot, sum, state)
	buf := []byte{1, 2, 3}
	failed := make(chan error, 1)
	go func() {
		_, err := slot.Call(context.Background(), "Sum", buf)
		failed <- err
	}()
	require.Eventually(t, func() bool { return slot.Current().InFlight() == 1 }, time.Minute, time.Millisecond)
	hosttest.Crash(t, slot, "out of luck")
	require.ErrorIs(t, <-failed, host.ErrCrashed)
	buf[0] = 7

	hosttest.Swap(t, slot, greeter{"Hello"}, state)
	swapped := make(chan error, 1)
	go func() {
		_, err := slot.SwapTo(t.Context(), hosttest.Version(t, slot, "", greeter{"Moin"}, state))
		swapped <- err
	}()
	<-saving
	hosttest.Crash(t, slot, "out of luck")
	if err := <-swapped; err != nil { // nobody waits for the save, which holds what is left of the version
		require.ErrorIs(t, err, host.ErrBusy)
	}
	assert.Equal(t, "4", slot.Current().Version())
	close(release)
}

func TestVersionsGoOn(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"})
	_, err := slot.SwapTo(t.Context(), hosttest.Version(t, slot, "2.5.0", greeter{"Moin"}))
	require.NoError(t, err)
	assert.Equal(t, "3", hosttest.Swap(t, slot, greeter{"Servus"}).Version)
}

func TestHang(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"}, host.CallTimeout(10*time.Millisecond))
	g := bind(t, slot)
	release := hosttest.Hang(t, slot, "Greeter_Greet")
	_, err := g.Greet(t.Context(), ada)
	assert.ErrorIs(t, err, host.ErrHung)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = slot.Call(t.Context(), "Add", 1, 2)
	assert.NoError(t, err, "another function")
	release()
	release()
	_, err = g.Greet(t.Context(), ada)
	assert.NoError(t, err)
}

// KillHung ends a version whose call does not return.
func TestHangIsKilled(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"}, host.CallTimeout(10*time.Millisecond), host.KillHung())
	g := bind(t, slot)
	release := hosttest.Hang(t, slot, "")
	other := make(chan error, 1)
	go func() { _, err := g.Greet(context.Background(), ada); other <- err }()
	_, err := g.Greet(t.Context(), ada)
	assert.True(t, errors.Is(err, host.ErrHung) || errors.Is(err, host.ErrCrashed), "%v", err)
	err = <-other
	assert.True(t, errors.Is(err, host.ErrHung) || errors.Is(err, host.ErrCrashed), "%v", err)
	release()
	assert.Eventually(t, func() bool { // a caller learns of the end before the next version is there
		_, err := g.Greet(t.Context(), ada)
		return err == nil
	}, time.Minute, time.Millisecond)
}

func TestSlow(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"})
	g := bind(t, slot)
	release := hosttest.Slow(t, slot, "Greet", time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := g.Greet(ctx, ada)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotErrorIs(t, err, host.ErrHung, "it heeds the context")
	release()
	defer hosttest.Slow(t, slot, "Greet", time.Millisecond)()
	_, err = g.Greet(t.Context(), ada)
	assert.NoError(t, err)
}

// Errors are those of the contract.
func TestFail(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"})
	g := bind(t, slot)
	release := hosttest.Fail(t, slot, "Greet", fmt.Errorf("today: %w", &greeting.TooMany{Name: "Ada", Limit: 3}))
	_, err := g.Greet(t.Context(), ada)
	var many *greeting.TooMany
	require.ErrorAs(t, err, &many)
	assert.Equal(t, 3, many.Limit)
	assert.ErrorContains(t, err, "today: ")
	release()
	hosttest.Fail(t, slot, "History", greeting.ErrNoName)
	for _, err := range g.History(t.Context()) {
		assert.ErrorIs(t, err, greeting.ErrNoName)
	}
}

// A canary that fails is ended, without a library.
func TestCanary(t *testing.T) {
	events := make(chan host.Event, 100)
	slot := hosttest.New(t, greeter{"Hello"}, host.Probation(0, host.Rule{Calls: 10, Errors: 0.5}), host.OnEvent(func(e host.Event) { events <- e }))
	g := bind(t, slot)
	_, err := slot.CanaryOf(t.Context(), hosttest.Version(t, slot, "2", greeter{"Moin"}), host.Share{Percent: 100}, host.Promotion{})
	require.NoError(t, err)
	defer hosttest.Fail(t, slot, "Greet", greeting.ErrNoName)()
	for {
		_, _ = g.Greet(t.Context(), ada)
		select {
		case e := <-events:
			if e.Version == "2" && e.State == host.Failed {
				assert.Contains(t, e.Detail, "calls failed")
				return
			}
		default:
		}
	}
}

// What a function panics with is the caller's error, and one that ends its goroutine, as a test's FailNow does,
// ends the call only.
func TestPanicAndGoexit(t *testing.T) {
	slot := hosttest.New(t, map[string]any{
		"Panic":  func() error { panic("ouch") },
		"Goexit": func() error { runtime.Goexit(); return nil },
	})
	_, err := slot.Call(t.Context(), "Panic")
	assert.ErrorIs(t, err, host.ErrPanic)
	_, err = slot.Call(t.Context(), "Goexit")
	assert.ErrorIs(t, err, host.ErrPanic)
	assert.ErrorContains(t, err, "runtime.Goexit")
	_, err = slot.Call(context.Background(), "Goexit")
	assert.ErrorIs(t, err, host.ErrPanic)
}

// fakeT is told what goes wrong.
type fakeT struct {
	testing.TB
	said string
}

func (f *fakeT) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
func (f *fakeT) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

func said(t *testing.T, f func(testing.TB)) string {
	fake := &fakeT{TB: t}
	done := make(chan struct{})
	go func() { defer close(done); f(fake) }()
	<-done
	return fake.said
}

func TestWrongUse(t *testing.T) {
	slot := hosttest.New(t, greeter{"Hello"})
	assert.Contains(t, said(t, func(t testing.TB) { hosttest.Hang(t, slot, "Gret") }), "no function Gret")
	assert.Contains(t, said(t, func(t testing.TB) { hosttest.Swap(t, slot, nil) }), "is nil")
	assert.Contains(t, said(t, func(t testing.TB) { hosttest.Crash(t, host.NewSlot("x"), "") }), "not of New")
	assert.Contains(t, said(t, func(t testing.TB) { hosttest.Build(t, "nowhere", "1") }), "not a directory")
}

// A library is built once, and its file is each test's own; a soak and a drill have thresholds.
func TestLibrary(t *testing.T) {
	root, err := libtest.Root()
	require.NoError(t, err)
	dir := filepath.Join(root, "libgreeter")
	path := hosttest.Build(t, dir, "1")
	again := hosttest.Build(t, dir, "1")
	assert.NotEqual(t, path, again)
	assert.True(t, strings.HasSuffix(path, "libgreeter.v1.so"))
	lib, err := host.Open(t.Context(), path)
	require.NoError(t, err)
	_, err = lib.Close(t.Context())
	require.NoError(t, err)
	if err := soak.Unloads(t.Context(), path); err != nil {
		t.Skip(err)
	}
	if raceEnabled {
		t.Skip("the race detector's own memory is in the sum")
	}
	soaked, err := soak.Run(t.Context(), soak.Config{File: path, Reloads: 60, Overlap: true, Traffic: 1})
	require.NoError(t, err)
	require.NotZero(t, soaked.Calls)
	assert.NoError(t, soaked.Check(soak.Limits{}))
	assert.ErrorContains(t, soaked.Check(soak.Limits{Load: 1, Unload: 1, Slowest: 1}), "a load took")
	soaked.Leaks, soaked.Failed, soaked.Failure = []string{"3 threads"}, 2, "no luck"
	err = soaked.Check(soak.Limits{})
	assert.ErrorContains(t, err, "greeter v1 leaks 3 threads in ")
	assert.ErrorContains(t, err, "2 of ")

	drilled, err := drill.Run(t.Context(), drill.Config{File: path, Kinds: []string{"panic"}, Times: 3, Callers: 2, Traffic: 1})
	require.NoError(t, err)
	assert.NoError(t, drilled.Check(drill.Limits{}))
	assert.ErrorContains(t, drilled.Check(drill.Limits{Answer: 1}), "until the next answer")
	drilled.Lost = 1
	assert.ErrorContains(t, drilled.Check(drill.Limits{}), "were lost")
}
