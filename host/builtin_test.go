package host_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

type place struct{ X, Y int32 }

// linked has functions of all kinds.
type linked struct {
	greeting string
	closed   *atomic.Int32
}

func (l *linked) Greet() string { return l.greeting }

func (l *linked) GreetName(name string) (string, error) {
	if name == "" {
		return "", errors.New("the name is empty")
	}
	return l.greeting + ", " + name, nil
}

func (l *linked) Sum(a int8, b uint16, c int32, d float32, e float64, f bool, g []int64, h place) (float64, error) {
	sum := float64(a) + float64(b) + float64(c) + float64(d) + e + float64(h.X) + float64(h.Y)
	for _, x := range g {
		sum += float64(x)
	}
	if f {
		sum++
	}
	return sum, nil
}

func (l *linked) Twice(in []byte) []byte     { return append(in, in...) }
func (l *linked) Swapped(p place) place      { return place{p.Y, p.X} }
func (l *linked) Nothing()                   {}
func (l *linked) Numbers(n int32) []float32  { return make([]float32, n) }
func (l *linked) Panic() string              { panic("out of luck") }
func (l *linked) Unfit(map[string]int) error { return nil }

func (l *linked) Wait(ctx context.Context) (string, error) {
	<-ctx.Done()
	return "", context.Cause(ctx)
}

func (l *linked) Visit(n int32, visit func(int32) (bool, error)) (int32, error) {
	for i := range n {
		if more, err := visit(i); err != nil || !more {
			return i, err
		}
	}
	return n, nil
}

func (l *linked) Read(text string) (io.Reader, error) { return strings.NewReader(text), nil }

func (l *linked) Pieces(ctx context.Context, n int32) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := range n {
			if !yield(fmt.Append(nil, i), ctx.Err()) {
				return
			}
		}
		yield(nil, errors.New("no more"))
	}
}

func (l *linked) Close() error {
	l.closed.Add(1)
	return nil
}

func slotOf(t *testing.T, implementation any, opts ...host.Option) *host.Slot {
	slot := host.NewSlot("greeter", append(opts, host.Fallback(host.Builtin("1.4.0", implementation)))...)
	t.Cleanup(func() {
		report, err := slot.Close(context.Background())
		require.NoError(t, err)
		if report != nil {
			assert.Equal(t, host.Unloaded, report.State, report.Reason)
		}
	})
	return slot
}

// All kinds of functions are called as those of a library are, by type and by name.
func TestBuiltinFunctions(t *testing.T) {
	slot := slotOf(t, &linked{greeting: "Hello"})
	require.NotNil(t, slot.Current())
	assert.Equal(t, "1.4.0", slot.Current().Version())

	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	assert.Equal(t, "Hello, Ada", must(greet(t.Context(), "Ada"))(t))
	assert.Equal(t, "Hello, Ada", must(greet(context.Background(), "Ada"))(t))
	_, err := greet(t.Context(), "")
	var failed *host.CallError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "the name is empty", failed.Message)
	assert.Equal(t, "1.4.0", failed.Version)

	r, err := slot.Call(t.Context(), "Sum", 1, 2, 3, 4.5, 5.25, true, []int64{6, 7}, map[string]any{"X": 8, "Y": 9})
	require.NoError(t, err)
	assert.Equal(t, host.Result{Value: 46.75, Version: "1.4.0"}, r)

	in := []byte("ab")
	twice := must(host.Func1[[]byte, []byte](slot, "Twice"))(t)
	out := must(twice(t.Context(), in))(t)
	assert.Equal(t, "abab", string(out))
	out[0] = 'x'
	assert.Equal(t, "ab", string(in))

	swapped := must(host.Func1[place, place](slot, "Swapped"))(t)
	assert.Equal(t, place{2, 1}, must(swapped(t.Context(), place{1, 2}))(t))
	nothing := must(host.Func0[host.None](slot, "Nothing"))(t)
	_, err = nothing(t.Context())
	require.NoError(t, err)
	numbers := must(host.Func1[int32, []float32](slot, "Numbers"))(t)
	assert.Len(t, must(numbers(t.Context(), 1000))(t), 1000)
	assert.Empty(t, must(numbers(t.Context(), 0))(t))

	visit := must(host.Func2[int32, uint64, int32](slot, "Visit"))(t)
	handle, release, err := host.Callback1(func(i int32) (bool, error) { return i < 3, nil })
	require.NoError(t, err)
	assert.EqualValues(t, 3, must(visit(t.Context(), 10, handle))(t))
	release()
	_, err = visit(t.Context(), 10, handle)
	assert.ErrorContains(t, err, "lends the function no longer")
	handle, release, err = host.Callback1(func(i string) (bool, error) { return true, nil })
	require.NoError(t, err)
	_, err = visit(t.Context(), 10, handle)
	assert.ErrorContains(t, err, "called as")
	release()

	_, err = host.Func0[string](slot, "Unfit")
	assert.ErrorIs(t, err, host.ErrFunction)
	_, err = host.Func0[int32](slot, "Greet")
	assert.ErrorIs(t, err, host.ErrSignature)

	_, err = slot.Call(t.Context(), "Panic")
	require.ErrorIs(t, err, host.ErrPanic)
	assert.ErrorContains(t, err, "out of luck")
	assert.Contains(t, err.(*host.CallError).Message, "linked).Panic", "the stack")
	assert.Equal(t, host.Serving, slot.Current().State())

	err = slot.Current().Profile(t.Context(), io.Discard, "heap")
	assert.ErrorIs(t, err, host.ErrFunction)
	assert.ErrorContains(t, err, "linked into the program")
	assert.NotContains(t, err.Error(), "cabiprofile")
}

func TestBuiltinStreams(t *testing.T) {
	slot := slotOf(t, &linked{})
	read := must(host.ReaderFunc1[string](slot, "Read"))(t)
	text := strings.Repeat("0123456789", 50_000)
	s := must(read(t.Context(), text))(t)
	assert.Equal(t, text, string(must(io.ReadAll(s))(t)))

	pieces := must(host.ReaderFunc1[int32](slot, "Pieces"))(t)
	s = must(pieces(t.Context(), 3))(t)
	var got []string
	var failed error
	for p, err := range s.Seq() {
		if failed = err; err == nil {
			got = append(got, string(p))
		}
	}
	assert.Equal(t, []string{"0", "1", "2"}, got)
	assert.ErrorIs(t, failed, host.ErrCall)
	assert.ErrorContains(t, failed, "no more")

	s = must(pieces(t.Context(), 3))(t)
	require.NoError(t, s.Close())
	_, err := s.Read(make([]byte, 1))
	assert.ErrorIs(t, err, host.ErrClosed)

	ctx, cancel := context.WithCancel(t.Context())
	s = must(pieces(ctx, 3))(t)
	cancel()
	_, err = s.Read(make([]byte, 1))
	assert.ErrorIs(t, err, context.Canceled)
}

// A function's context ends when nobody waits any more; and one that does not heed that is left behind.
func TestBuiltinContext(t *testing.T) {
	release := make(chan struct{})
	slot := slotOf(t, map[string]any{
		"Wait":  (&linked{}).Wait,
		"Stuck": func() { <-release },
	})
	wait := must(host.Func0[string](slot, "Wait"))(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := wait(ctx)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotErrorIs(t, err, host.ErrHung)

	staying := must(host.Func0[string](slot, "Wait", host.Stay()))(t)
	ctx, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = staying(ctx)
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	stuck := must(host.Func0[host.None](slot, "Stuck", host.Limit(10*time.Millisecond)))(t)
	_, err = stuck(t.Context())
	assert.ErrorIs(t, err, host.ErrHung)
	assert.EqualValues(t, 1, slot.Current().InFlight())
	close(release)
	assert.Eventually(t, func() bool { return slot.Current().InFlight() == 0 }, patience, time.Millisecond)
}

// What a constructor has made is started, checked, saved and closed as a library is.
func TestBuiltinLife(t *testing.T) {
	var closed atomic.Int32
	var steps []string
	note := func(s string) func(context.Context) error {
		return func(context.Context) error { steps = append(steps, s); return nil }
	}
	version := func(text string) host.Source {
		state := text
		return host.Builtin(text, func() (*linked, error) { return &linked{greeting: text, closed: &closed}, nil }, host.Hooks{
			Start: note("start " + text), Health: note("health " + text), Stop: note("stop " + text),
			Save:    func() ([]byte, error) { steps = append(steps, "save "+text); return []byte(state), nil },
			Restore: func(b []byte) error { steps = append(steps, "restore "+string(b)+" in "+text); return nil },
		})
	}
	var states []string
	slot := host.NewSlot("greeter", host.Fallback(version("1")), host.OnEvent(func(e host.Event) {
		states = append(states, e.Version+" "+string(e.State))
	}))
	greet := must(host.Func0[string](slot, "Greet"))(t)
	assert.Equal(t, "1", must(greet(t.Context()))(t))
	swap := must(slot.SwapTo(t.Context(), version("2")))(t)
	assert.Equal(t, host.Unloaded, swap.Old.State)
	assert.Equal(t, "2", must(greet(t.Context()))(t))
	assert.EqualValues(t, 1, closed.Load())

	_, err := slot.SwapTo(t.Context(), version("1.9"))
	require.ErrorIs(t, err, host.ErrDowngrade)
	must(slot.Rollback(t.Context()))(t)
	assert.Equal(t, "1", must(greet(t.Context()))(t))
	_, err = slot.Close(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 3, closed.Load())
	assert.Equal(t, []string{
		"start 1", "health 1",
		"start 2", "health 2", "save 1", "restore 1 in 2", "stop 1",
		"start 1", "health 1", "save 2", "restore 2 in 1", "stop 2",
		"stop 1",
	}, steps)
	assert.Subset(t, states, []string{"1 found", "1 loaded", "1 serving", "1 unloaded", "2 serving", "2 unloaded"})
	_, err = greet(t.Context())
	assert.ErrorIs(t, err, host.ErrClosed)
}

// What can't be a version is an error that says why, and whatever served goes on.
func TestBuiltinRefused(t *testing.T) {
	slot := slotOf(t, &linked{greeting: "Hello"})
	greet := must(host.Func0[string](slot, "Greet"))(t)
	failing := func(err error) host.Hooks { return host.Hooks{Start: func(context.Context) error { return err }} }
	for name, c := range map[string]struct {
		from   host.Source
		reason error
		says   string
	}{
		"nil":         {host.Builtin("2", nil), host.ErrArgument, "is nil"},
		"no version":  {host.Builtin("", &linked{}), host.ErrArgument, "version"},
		"no function": {host.Builtin("2", struct{}{}), host.ErrArgument, "no method that crosses"},
		"bad func":    {host.Builtin("2", func() int { return 1 }), host.ErrArgument, "not a func() (T, error)"},
		"bad map":     {host.Builtin("2", map[string]any{"A": 1}), host.ErrArgument, "A is a int"},
		"bad name":    {host.Builtin("2", map[string]any{"a b": func() {}}), host.ErrArgument, "identifier"},
		"unfit":       {host.Builtin("2", map[string]any{"A": func(map[int]int) {}}), host.ErrArgument, "does not cross"},
		"hotso's":     {host.Builtin("2", map[string]any{"hotso_stop": func() {}}), host.ErrArgument, "hotso's own"},
		"two hooks":   {host.Builtin("2", &linked{}, host.Hooks{}, host.Hooks{}), host.ErrArgument, "one Hooks"},
		"zero":        {host.Source{}, host.ErrArgument, "zero Source"},
		"not bound":   {host.Builtin("2", map[string]any{"Other": func() {}}), host.ErrFunction, "Greet"},
		"start":       {host.Builtin("2", &linked{}, failing(errors.New("not now"))), host.ErrStart, "not now"},
		"constructor": {host.Builtin("2", func() (*linked, error) { return nil, errors.New("no luck") }), host.ErrStart, "no luck"},
		"health":      {host.Builtin("2", &linked{}, host.Hooks{Health: func(context.Context) error { return errors.New("ill") }}), host.ErrUnhealthy, "ill"},
		"panic":       {host.Builtin("2", &linked{}, host.Hooks{Start: func(context.Context) error { panic("ouch") }}), host.ErrStart, "ouch"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := slot.SwapTo(t.Context(), c.from)
			require.ErrorIs(t, err, c.reason)
			assert.ErrorContains(t, err, c.says)
			assert.ErrorContains(t, err, "greeter")
			assert.Equal(t, "Hello", must(greet(t.Context()))(t))
		})
	}
	_, err := host.OpenFrom(t.Context(), host.Builtin("2", &linked{}))
	assert.ErrorIs(t, err, host.ErrArgument)
	_, err = host.OpenFrom(t.Context(), host.Source{})
	assert.ErrorIs(t, err, host.ErrArgument)
}

// A fallback that can't serve is what calls are told, until there is a version.
func TestFallbackThatFails(t *testing.T) {
	for name, from := range map[string]host.Source{
		"start":   host.Builtin("1", &linked{}, host.Hooks{Start: func(context.Context) error { return errors.New("not now") }}),
		"nil":     host.Builtin("1", nil),
		"library": host.File("libgreeter.v1.so"),
	} {
		t.Run(name, func(t *testing.T) {
			slot := host.NewSlot("greeter", host.Fallback(from))
			_, err := slot.Call(t.Context(), "Greet")
			assert.True(t, errors.Is(err, host.ErrStart) || errors.Is(err, host.ErrArgument), "%v", err)
			_, err = slot.SwapTo(t.Context(), host.Builtin("1", &linked{greeting: "Hello"}))
			require.NoError(t, err)
			assert.Equal(t, "Hello", must(slot.Call(t.Context(), "Greet"))(t).Value)
			_, err = slot.Close(t.Context())
			require.NoError(t, err)
		})
	}
}

// A library takes over from what is linked into the program, with its state; and that is there again when the library
// has crashed too often.
func TestFallbackOfLibrary(t *testing.T) {
	needUnload(t)
	slot := host.NewSlot("crash", host.CrashLimit(2, time.Hour), host.Fallback(host.Builtin("0.1", map[string]any{
		"Add": func(a, b int32) int32 { return -1 },
	})))
	t.Cleanup(func() { _, _ = slot.Close(context.Background()) })
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	assert.EqualValues(t, -1, must(add(t.Context(), 1, 2))(t))
	must(slot.Swap(t.Context(), libtest.Build(t, "crash", "1")))(t)
	assert.EqualValues(t, 3, must(add(t.Context(), 1, 2))(t))
	crash := func() {
		err := drill(t, slot, "goroutine")
		require.ErrorIs(t, err, host.ErrCrashed)
	}
	crash() // back to the version before, which is the builtin
	assert.EqualValues(t, -1, must(add(t.Context(), 1, 2))(t))
	must(slot.Swap(t.Context(), libtest.Build(t, "crash", "1")))(t)
	crash() // it has crashed too often
	assert.EqualValues(t, -1, must(add(t.Context(), 1, 2))(t))
	assert.Equal(t, "0.1", slot.Current().Version())
}

// Files of a file system and of memory are loaded as those at a path are, and refused alike.
func TestSources(t *testing.T) {
	path := libtest.Greeter(t, "1")
	b := must(os.ReadFile(path))(t)
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	f := must(w.Create("lib/libgreeter.v1.so"))(t)
	must(f.Write(b))(t)
	require.NoError(t, w.Close())
	zipped := must(zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len())))(t)
	files := fstest.MapFS{"lib/libgreeter.v1.so": {Data: b}, "cut.so": {Data: b[:len(b)/2]}, "text": {Data: []byte("text")}}

	for name, from := range map[string]host.Source{
		"path": host.File(path), "memory": host.Bytes("libgreeter.v1.so", b),
		"map": host.FileIn(files, "lib/libgreeter.v1.so"), "zip": host.FileIn(zipped, "lib/libgreeter.v1.so"),
	} {
		t.Run(name, func(t *testing.T) {
			lib, err := host.OpenFrom(t.Context(), from, host.CheckFileName())
			require.NoError(t, err)
			assert.Equal(t, "1", lib.Version())
			must(lib.Call(t.Context(), "Greet"))(t)
			requireNothingLeft(t)(lib.Close(t.Context()))
		})
	}
	for name, c := range map[string]struct {
		from   host.Source
		reason error
	}{
		"no files":  {host.FileIn(nil, "none.so"), host.ErrArgument},
		"missing":   {host.FileIn(files, "none.so"), host.ErrNotFound},
		"directory": {host.FileIn(files, "lib"), host.ErrNotFound},
		"cut":       {host.FileIn(files, "cut.so"), host.ErrCorrupt},
		"text":      {host.FileIn(files, "text"), host.ErrNotELF},
		"bytes":     {host.Bytes("b", b[:100]), host.ErrCorrupt},
		"nothing":   {host.Bytes("b", nil), host.ErrNotELF},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := host.OpenFrom(t.Context(), c.from)
			assert.ErrorIs(t, err, c.reason)
		})
	}
}

// Where only one version may be live, one takes over from the other, and comes back with its state if that fails.
func TestBuiltinTakesOver(t *testing.T) {
	var steps []string
	version := func(text string, fails bool) host.Source {
		return host.Builtin(text, map[string]any{"Greet": func() string { return text }}, host.Hooks{
			Exclusive: true,
			Start: func(context.Context) error {
				steps = append(steps, "start "+text)
				if fails {
					return errors.New("not now")
				}
				return nil
			},
			Stop:    func(context.Context) error { steps = append(steps, "stop "+text); return nil },
			Save:    func() ([]byte, error) { return []byte(text), nil },
			Restore: func(b []byte) error { steps = append(steps, "restore "+string(b)+" in "+text); return nil },
		})
	}
	slot := host.NewSlot("greeter", host.Fallback(version("1", false)))
	greet := must(host.Func0[string](slot, "Greet"))(t)
	stop := traffic(t, func(int, int) error { _, err := greet(t.Context()); return err })
	swap := must(slot.SwapTo(t.Context(), version("2", false)))(t)
	assert.Positive(t, swap.Pause)
	_, err := slot.SwapTo(t.Context(), version("3", true))
	require.ErrorIs(t, err, host.ErrStart)
	assert.Equal(t, "2", must(greet(t.Context()))(t))
	stop()
	_, err = slot.CanaryOf(t.Context(), version("4", false), host.Share{Percent: 50}, host.Promotion{})
	assert.ErrorIs(t, err, host.ErrExclusive)
	_, err = slot.Close(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{
		"start 1", "stop 1", "start 2", "restore 1 in 2",
		"stop 2", "start 3", "start 2", "restore 2 in 2", "stop 2",
	}, steps)
}

// Who closes a stream, or whose context ends, while a piece is awaited, does not take it for the end.
func TestBuiltinStreamIsCutOff(t *testing.T) {
	slow := map[string]any{"Slow": func(ctx context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			if yield([]byte("half"), nil) {
				<-ctx.Done()
			}
		}
	}}
	slot := slotOf(t, slow)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	s := must(slot.CallStream(ctx, "Slow"))(t)
	b, err := io.ReadAll(s)
	assert.Equal(t, "half", string(b))
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	s = must(slot.CallStream(t.Context(), "Slow"))(t)
	time.AfterFunc(20*time.Millisecond, func() { _ = s.Close() })
	_, err = io.ReadAll(s)
	assert.ErrorContains(t, err, "closed")
}

// A stop hook comes when no sequence is inside any more.
func TestBuiltinStopsAfterItsSequences(t *testing.T) {
	var inside atomic.Bool
	slot := host.NewSlot("greeter", host.Fallback(host.Builtin("1", map[string]any{"Read": func() iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			inside.Store(true)
			defer inside.Store(false)
			defer time.Sleep(20 * time.Millisecond)
			for yield([]byte("a"), nil) {
			}
		}
	}}, host.Hooks{Stop: func(context.Context) error {
		if inside.Load() {
			return errors.New("a sequence is inside")
		}
		return nil
	}})))
	s := must(slot.CallStream(t.Context(), "Read"))(t)
	must(s.Read(make([]byte, 1)))(t)
	require.NoError(t, s.Close())
	report := must(slot.Close(t.Context()))(t)
	assert.Equal(t, host.Unloaded, report.State)
	assert.Empty(t, report.Reason)
}

// badError can't even say what it is.
type badError struct{}

func (*badError) Error() string { panic("ouch") }

// What panics or ends its goroutine has its call fail, and leaves nothing behind.
func TestBuiltinMisbehaves(t *testing.T) {
	slot := slotOf(t, map[string]any{
		"Goexit":    func() error { runtime.Goexit(); return nil },
		"GoexitSeq": func() iter.Seq2[[]byte, error] { runtime.Goexit(); return nil },
		"BadError":  func() error { return &badError{} },
		"BadPiece": func() iter.Seq2[[]byte, error] {
			return func(yield func([]byte, error) bool) { yield(nil, &badError{}) }
		},
	})
	_, err := slot.Call(t.Context(), "Goexit") // whose context can end, so it has a goroutine of its own
	assert.ErrorIs(t, err, host.ErrPanic)
	_, err = slot.Call(t.Context(), "BadError")
	assert.ErrorIs(t, err, host.ErrPanic)
	s := must(slot.CallStream(t.Context(), "BadPiece"))(t)
	_, err = s.Read(make([]byte, 1))
	assert.ErrorIs(t, err, host.ErrPanic)
	staying := must(host.Func0[host.None](slot, "Goexit", host.Stay()))(t)
	for _, f := range []func(){
		func() { _, _ = staying(t.Context()) },
		func() { _, _ = slot.Call(context.Background(), "Goexit") },
		func() { _, _ = slot.CallStream(context.Background(), "GoexitSeq") },
	} {
		ended := make(chan struct{})
		go func() { defer close(ended); f() }()
		<-ended
	}
	assert.Eventually(t, func() bool { return slot.Current().InFlight() == 0 }, patience, time.Millisecond)
}

// Whatever becomes of its hooks, what a constructor has made is closed; and a hook that has returned holds nothing.
func TestBuiltinHooksMisbehave(t *testing.T) {
	var made, closed atomic.Int32
	version := func(text string, h host.Hooks) host.Source {
		return host.Builtin(text, func() (*linked, error) { made.Add(1); return &linked{closed: &closed}, nil }, h)
	}
	slot := host.NewSlot("greeter", host.Fallback(version("1", host.Hooks{Stop: func(context.Context) error { panic("ouch") }})))
	_, err := slot.SwapTo(t.Context(), version("2", host.Hooks{Start: func(context.Context) error { panic("ouch") }}))
	require.ErrorIs(t, err, host.ErrStart)
	_, err = slot.SwapTo(t.Context(), version("3", host.Hooks{Start: func(context.Context) error { runtime.Goexit(); return nil }}))
	require.ErrorIs(t, err, host.ErrStart)
	for i := range 300 {
		_, err := slot.SwapTo(t.Context(), version(fmt.Sprint(4+i), host.Hooks{Stop: func(context.Context) error { return nil }}))
		require.NoError(t, err)
	}
	_, err = slot.Close(t.Context())
	require.NoError(t, err)
	assert.Equal(t, made.Load(), closed.Load())
	assert.EqualValues(t, 303, made.Load())
}
