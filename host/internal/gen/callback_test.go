package gen_test

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	echo "github.com/hotso/hotso/testdata/libs/echo/client"
)

func echoClient(t *testing.T, opts ...host.Option) (*echo.Client, *host.Library) {
	lib := open(t, libtest.Build(t, "echo", "1"), opts...)
	c, err := echo.New(lib)
	require.NoError(t, err)
	return c, lib
}

func TestFunctionsAsArguments(t *testing.T) {
	ctx := t.Context()
	c, _ := echoClient(t)
	callsBack(t, ctx, c)
	equals(t, "")(c.LastWords(ctx))
}

// The garbage collector runs all the time, and so do other callers.
func TestFunctionsAsArgumentsWhileCollecting(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	c, _ := echoClient(t)
	var wg sync.WaitGroup
	for i := range 8 {
		ctx := context.Background()
		if i%2 == 0 {
			ctx = t.Context() // which can end: calls run on goroutines of their own
		}
		wg.Go(func() {
			for range 20 {
				callsBack(t, ctx, c)
			}
		})
	}
	wg.Wait()
}

func callsBack(t *testing.T, ctx context.Context, c *echo.Client) {
	sum, err := c.Each(ctx, 10, func(i int32) (int64, error) { return 2 * int64(i), nil })
	assert.NoError(t, err)
	assert.EqualValues(t, 90, sum)

	long := strings.Repeat("n", 1<<16)
	done := 0
	text, err := c.Forms(ctx, func() (string, error) { return long, nil },
		func(p echo.Point, xs []float64) (echo.Line, error) {
			assert.Equal(t, []float64{3, 4}, xs)
			return echo.Line{From: p, Dashed: true}, nil
		},
		func(c float64, data []byte, ok bool) ([]float64, error) {
			assert.Equal(t, []byte{0, 255}, data)
			assert.True(t, ok)
			return []float64{c, 2}, nil
		},
		func() error { done++; return nil })
	assert.NoError(t, err)
	assert.Equal(t, long+" {{1 2} {0 0} true} [1.5 2]", text)
	assert.Equal(t, 1, done)

	var got string
	assert.NoError(t, c.Forms2(ctx, func(s string) error { got = s; return nil },
		func(a int8, b uint64) error { got += fmt.Sprint(" ", a, " ", b); return nil },
		func(x, y, z float32) error { got += fmt.Sprint(" ", x, y, z); return nil }))
	assert.Equal(t, "a\x00ä -1 9223372036854775808 1 2 0.5", got)

	var mu sync.Mutex
	var seen int32
	assert.NoError(t, c.Parallel(ctx, 8, func(i int32) error {
		mu.Lock()
		defer mu.Unlock()
		seen += 1 << i
		return nil
	}))
	assert.EqualValues(t, 255, seen)
}

// TestFunctionsThatFail: their error or panic becomes the library's, and none of them
// can be called afterwards.
func TestFunctionsThatFail(t *testing.T) {
	ctx := t.Context()
	c, lib := echoClient(t)
	fails[int64](t, "callback of the host: enough")(c.Each(ctx, 9, func(int32) (int64, error) { return 1, errors.New("enough") }))
	fails[int64](t, "callback of the host panicked: too much")(c.Each(ctx, 9, func(int32) (int64, error) { panic("too much") }))
	assert.ErrorContains(t, c.Parallel(ctx, 4, func(int32) error { return errors.New("each of them") }), "each of them")

	_, err := c.Each(ctx, 9, nil)
	require.ErrorIs(t, err, host.ErrArgument)
	assert.ErrorContains(t, err, "the func(int32) (int64, error) is nil")
	text, err := c.Forms(ctx, func() (string, error) { return "", nil }, nil, nil, func() error { return nil })
	require.ErrorIs(t, err, host.ErrArgument)
	assert.Empty(t, text)

	require.NoError(t, c.Keep(ctx, func(string) error { return nil }))
	assert.ErrorContains(t, c.CallKept(ctx, "later"), "callback of the host: the host took it back")

	over, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, c.Parallel(over, 1, func(int32) error { return nil }), context.Canceled)

	other, err := host.Func2[int32, uint64, host.None](lib, "Parallel")
	require.NoError(t, err)
	handle, release, err := host.Callback0(func() (int8, error) { return 0, nil })
	require.NoError(t, err)
	defer release()
	_, err = other(ctx, 1, handle)
	assert.ErrorContains(t, err, "it is func() (int8, error), called as func(int32) error")
}

// A function calls the library again, and passes it a function.
func TestFunctionsThatCallAgain(t *testing.T) {
	ctx := t.Context()
	c, _ := echoClient(t)
	var visit func(i int32) (int64, error)
	visit = func(i int32) (int64, error) {
		if i == 0 {
			return 1, nil
		}
		return c.Each(ctx, i, visit)
	}
	equals(t, int64(1<<5))(c.Each(ctx, 6, visit))
}

// TestAFunctionOfACallLeftBehind: it goes on as long as somebody waits, and later calls
// by the library fail.
func TestAFunctionOfACallLeftBehind(t *testing.T) {
	c, lib := echoClient(t, host.CancelGrace(time.Millisecond))
	var mu sync.Mutex
	returned, late := false, 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := c.UntilItFails(ctx, func() error {
		mu.Lock()
		defer mu.Unlock()
		if returned {
			late++
		}
		cancel()
		return nil
	})
	mu.Lock()
	returned = true
	mu.Unlock()
	require.ErrorIs(t, err, host.ErrHung)
	require.Eventually(t, func() bool { return lib.InFlight() == 0 }, 10*time.Second, time.Millisecond)
	equals(t, "callback of the host: the host took it back")(c.LastWords(t.Context()))
	mu.Lock()
	defer mu.Unlock()
	assert.LessOrEqual(t, late, 1, "one that was inside")
}
