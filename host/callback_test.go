package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/libtest"
)

type point struct {
	X, Y float64
	Tag  uint8
}

func greetNumber(name string, n int32) (string, error) { return fmt.Sprint(name, " ", n), nil }

func TestProvide(t *testing.T) {
	var void atomic.Int32
	lib := open(t, libtest.Build(t, "callback", "1"),
		host.Provide2("Greet", greetNumber),
		host.Provide0("Void", func() (host.None, error) { void.Add(1); return host.None{}, nil }),
		host.Provide1("Big", func(n int64) ([]byte, error) { return bytes.Repeat([]byte("b"), int(n)), nil }),
		host.Provide3("Mixed", func(v []float64, p point, double bool) (point, error) {
			assert.Equal(t, []float64{1, 2, 3.5}, v)
			assert.Equal(t, point{4, 5, 6}, p)
			assert.True(t, double)
			return point{2 * p.X, 2 * p.Y, 2 * p.Tag}, nil
		}))
	greet := must(host.Func2[string, int32, string](lib, "Greet"))(t)
	assert.Equal(t, "Zoë\x00 -7", must(greet(ctx, "Zoë\x00", -7))(t))
	long := strings.Repeat("x", 1<<20)
	assert.Equal(t, long+" 1", must(greet(ctx, long, 1))(t))

	_, err := must(host.Func0[host.None](lib, "Void"))(t)(ctx)
	require.NoError(t, err)
	assert.EqualValues(t, 1, void.Load())

	assert.EqualValues(t, 8+10+12, must(must(host.Func0[float64](lib, "Mixed"))(t)(ctx))(t))

	big := must(host.Func1[int64, int64](lib, "Big"))(t)
	for _, n := range []int64{0, 1, 504, 505, 512, 513, 3 << 20} {
		assert.Equal(t, n, must(big(ctx, n))(t))
	}

	elsewhere := must(host.Func1[int32, string](lib, "GreetElsewhere"))(t)
	for n := range int32(100) {
		assert.Equal(t, fmt.Sprint("elsewhere ", n), must(elsewhere(ctx, n))(t))
	}
}

func TestProvideFails(t *testing.T) {
	fail := errors.New("no greeting today")
	lib := open(t, libtest.Build(t, "callback", "1"),
		host.Provide2("Greet", func(name string, n int32) (string, error) {
			switch name {
			case "panic":
				panic("greeting went wrong")
			case "nil":
				var p *int
				return "", fmt.Errorf("%d", *p)
			case "long":
				return "", errors.New(strings.Repeat("long ", 1000))
			}
			return "", fail
		}))
	greet := must(host.Func2[string, int32, string](lib, "Greet"))(t)
	for name, want := range map[string]string{
		"": "host function Greet: no greeting today", "panic": "host function Greet panicked: greeting went wrong",
		"nil": "nil pointer dereference", "long": strings.Repeat("long ", 1000),
	} {
		_, err := greet(ctx, name, 1)
		require.ErrorIs(t, err, host.ErrCall)
		assert.ErrorContains(t, err, want)
	}
	_, err := must(host.Func1[int32, string](lib, "GreetElsewhere"))(t)(ctx, 1)
	assert.ErrorContains(t, err, "no greeting today")
	_, err = must(host.Func0[host.None](lib, "Void"))(t)(ctx)
	assert.ErrorContains(t, err, "the host does not provide it")
	_, err = must(host.Func0[host.None](lib, "Wrong"))(t)(ctx)
	assert.ErrorContains(t, err, "func(string, int32) (string, error), called as func(int32) (string, error)")

	for _, o := range []host.Option{
		host.Provide1("Chan", func(chan int) (host.None, error) { return host.None{}, nil }),
		host.Provide0("hotso.mine", func() (int32, error) { return 0, nil }),
	} {
		_, err := host.Open(ctx, libtest.Build(t, "callback", "1"), o)
		require.ErrorIs(t, err, host.ErrArgument)
	}
}

// A library calls from its init functions and hooks, too.
func TestProvideFromTheFirstMomentToTheLast(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	slot := newSlot(t, "callback", nil, host.Provide1("Early", func(s string) (host.None, error) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, s)
		return host.None{}, nil
	}))
	for range 2 {
		_, err := slot.Swap(ctx, libtest.Build(t, "callback", "1"))
		require.NoError(t, err)
	}
	_, err := slot.Close(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"init", "start", "init", "start", "stop", "stop"}, seen)
}

func TestCallback(t *testing.T) {
	lib := open(t, libtest.Build(t, "callback", "1"))
	each := must(host.Func2[uint64, int32, int64](lib, "Each"))(t)
	handle, release, err := host.Callback1(func(i int32) (int64, error) {
		if i == 50 {
			return 0, errors.New("enough")
		}
		return 2 * int64(i), nil
	})
	require.NoError(t, err)
	assert.EqualValues(t, 90, must(each(ctx, handle, 10))(t))
	_, err = each(ctx, handle, 100)
	assert.ErrorContains(t, err, "callback of the host: enough")

	other, releaseOther, err := host.Callback1(func(i string) (int64, error) { return 0, nil })
	require.NoError(t, err)
	defer releaseOther()
	_, err = each(ctx, other, 1)
	assert.ErrorContains(t, err, "called as func(int32) (int64, error)")

	release()
	for _, gone := range []uint64{handle, 0, 7, 1<<63 | 1} {
		_, err = each(ctx, gone, 1)
		assert.ErrorIs(t, err, host.ErrCall)
	}
	_, _, err = host.Callback3[int8, string, bool, point](nil)
	require.ErrorIs(t, err, host.ErrArgument)
	assert.ErrorContains(t, err, "callback: the func(int8, string, bool) (struct{X float64; Y float64; Tag uint8}, error) is nil")
	_, _, err = host.Callback0[host.None](nil)
	require.ErrorIs(t, err, host.ErrArgument)
	_, _, err = host.Callback1(func(int) (int64, error) { return 0, nil })
	require.ErrorIs(t, err, host.ErrArgument)
	assert.ErrorContains(t, err, "callback: int does not cross")
}

// A callback calls the library again, which calls back again.
func TestCallbackCallsAgain(t *testing.T) {
	lib := open(t, libtest.Build(t, "callback", "1"))
	each := must(host.Func2[uint64, int32, int64](lib, "Each"))(t)
	var handle uint64
	depth := 0
	handle, release, err := host.Callback1(func(i int32) (int64, error) {
		if depth == 10 {
			return 1, nil
		}
		depth++
		defer func() { depth-- }()
		sum, err := each(ctx, handle, 1)
		return sum + 1, err
	})
	require.NoError(t, err)
	defer release()
	assert.EqualValues(t, 11, must(each(ctx, handle, 1))(t))
}

// The stack of the caller grows and moves inside a callback, while the garbage
// collector runs all the time.
func TestCallbackGrowsTheStack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	lib := open(t, libtest.Build(t, "callback", "1"), host.Provide2("Greet", func(name string, n int32) (string, error) {
		grow(int(n % 100))
		return fmt.Sprint(name, " ", n), nil
	}))
	greet := must(host.Func2[string, int32, string](lib, "Greet"))(t)
	elsewhere := must(host.Func1[int32, string](lib, "GreetElsewhere"))(t)
	var wg sync.WaitGroup
	for i := range int32(8) {
		for n := range int32(50) {
			wg.Go(func() {
				name := fmt.Sprint("caller ", i)
				s, err := greet(ctx, name, n)
				assert.NoError(t, err)
				assert.Equal(t, fmt.Sprint(name, " ", n), s)
				s, err = elsewhere(ctx, n)
				assert.NoError(t, err)
				assert.Equal(t, fmt.Sprint("elsewhere ", n), s)
			})
		}
		wg.Wait()
	}
}

func grow(n int) byte {
	var room [1 << 10]byte
	if n > 0 {
		room[n] = grow(n - 1)
	}
	if n == 1 {
		runtime.GC()
	}
	return room[n%len(room)]
}

func TestLoggerAndCount(t *testing.T) {
	var text bytes.Buffer
	handler := slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			assert.WithinDuration(t, time.Now(), a.Value.Time(), time.Hour)
			return slog.Attr{}
		}
		return a
	}})
	counts := map[string]int64{}
	lib := open(t, libtest.Build(t, "callback", "1"), host.WithLogger(slog.New(handler)),
		host.OnCount(func(l *host.Library, name string, delta int64) { counts[l.Name()+" "+name] += delta }))
	write := must(host.Func0[host.None](lib, "Log"))(t)
	for range 2 {
		_, err := write(ctx)
		require.NoError(t, err)
	}
	line := "level=INFO msg=hello library=callback version=1 a=1 g.took=1s g.ok=true g.h.err=EOF\n"
	assert.Equal(t, line+line, text.String())
	assert.Equal(t, map[string]int64{"callback greetings": 6}, counts)

	silent := open(t, libtest.Build(t, "callback", "1"))
	_, err := must(host.Func0[host.None](silent, "Log"))(t)(ctx)
	require.NoError(t, err)
}

// A library crashes while a caller is in a callback: the caller stays there until
// the callback is over, and gets the crash then.
func TestCrashDuringACallback(t *testing.T) {
	needUnload(t)
	inside, over := make(chan struct{}), make(chan struct{})
	lib, err := host.Open(ctx, libtest.Build(t, "callback", "1"),
		host.Provide2("Greet", func(string, int32) (string, error) { <-inside; return "", nil }), // it crashes then
		host.Provide0("Void", func() (host.None, error) { close(inside); <-over; return host.None{}, nil }))
	require.NoError(t, err)
	result := make(chan error, 1)
	later := must(host.Func0[host.None](lib, "CrashLater"))(t)
	void := must(host.Func0[host.None](lib, "Void"))(t)
	go func() { _, err := later(ctx); result <- err }()
	<-inside
	require.Eventually(t, func() bool { return lib.State() == host.Crashed }, 5*time.Second, time.Millisecond)
	_, err = void(ctx)
	require.ErrorIs(t, err, host.ErrCrashed)
	assert.EqualValues(t, 1, lib.InFlight(), "in the callback")
	close(over)
	require.ErrorIs(t, <-result, host.ErrCrashed)
	requireNothingLeft(t)(lib.Close(ctx))
}

// A goroutine of the library's is in a callback, on a thread of its own, when its
// version is to be unloaded: it is unloaded when the callback is over.
func TestUnloadDuringACallback(t *testing.T) {
	needUnload(t)
	for _, crash := range []bool{false, true} {
		inside, over := make(chan struct{}), make(chan struct{})
		lib, err := host.Open(ctx, libtest.Build(t, "callback", "1"),
			host.Provide2("Greet", greetNumber),
			host.Provide0("Void", func() (host.None, error) { close(inside); <-over; return host.None{}, nil }))
		require.NoError(t, err)
		_, err = must(host.Func0[host.None](lib, "VoidElsewhere"))(t)(ctx)
		require.NoError(t, err)
		<-inside
		want := host.Drained
		if crash {
			want = host.Crashed
			_, err = must(host.Func0[host.None](lib, "Crash"))(t)(ctx)
			require.ErrorIs(t, err, host.ErrCrashed)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			requireNothingLeft(t)(lib.Close(ctx))
		}()
		require.Eventually(t, func() bool { return lib.State() == want || lib.State() == host.Drained },
			5*time.Second, time.Millisecond)
		close(over)
		<-done
	}
}

// Swaps with callbacks use up nothing: there is one C function for all of them,
// where purego has 2,000.
func TestCallbacksLeakNothing(t *testing.T) {
	needUnload(t)
	const swaps = 200
	slot := newSlot(t, "callback", nil, host.Provide2("Greet", greetNumber))
	greet := must(host.Func2[string, int32, string](slot, "Greet"))(t)
	elsewhere := must(host.Func1[int32, string](slot, "GreetElsewhere"))(t)
	v1 := libtest.Build(t, "callback", "1")
	for range swaps {
		swap, err := slot.Swap(ctx, v1)
		require.NoError(t, err)
		if swap.Old != nil {
			requireNothingLeft(t)(swap.Old, nil)
		}
		require.Equal(t, "Ada 1", must(greet(ctx, "Ada", 1))(t))
		require.Equal(t, "elsewhere 1", must(elsewhere(ctx, 1))(t))
	}
	assert.LessOrEqual(t, dl.Callbacks(), int64(1))
	_, err := slot.Close(ctx)
	require.NoError(t, err)
	assert.Zero(t, host.Offers(), "each version's ends with it")
}

func BenchmarkCallback(b *testing.B) {
	lib, err := host.Open(ctx, libtest.Build(b, "callback", "1"))
	require.NoError(b, err)
	defer lib.Close(context.Background())
	each := must(host.Func2[uint64, int32, int64](lib, "Each"))(b)
	handle, release, err := host.Callback1(func(i int32) (int64, error) { return 1, nil })
	require.NoError(b, err)
	defer release()
	b.ReportAllocs()
	_, err = each(ctx, handle, int32(b.N))
	require.NoError(b, err)
}

// If a host function ends its goroutine on a thread of the library's, that call fails,
// and nothing else does.
func TestCallbackEndsItsGoroutine(t *testing.T) {
	needUnload(t)
	lib := open(t, libtest.Build(t, "callback", "1"), host.Provide2("Greet", func(name string, n int32) (string, error) {
		if n == 7 {
			runtime.Goexit()
		}
		return fmt.Sprint(name, " ", n), nil
	}))
	elsewhere := must(host.Func1[int32, string](lib, "GreetElsewhere"))(t)
	for range 50 {
		_, err := elsewhere(ctx, 7)
		require.ErrorIs(t, err, host.ErrCall)
		require.ErrorContains(t, err, "the host's function ended its goroutine")
		s, err := elsewhere(ctx, 8)
		require.NoError(t, err)
		require.Equal(t, "elsewhere 8", s)
	}
	requireNothingLeft(t)(lib.Close(ctx))
}
