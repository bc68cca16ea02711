package host_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// fails says how a call of a library failed.
func fails(t *testing.T, reason error, function, message string) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		var e *host.CallError
		require.ErrorAs(t, err, &e)
		assert.ErrorIs(t, err, reason)
		assert.Equal(t, "panics", e.Library)
		assert.Equal(t, "1", e.Version)
		assert.Equal(t, function, e.Function)
		assert.Equal(t, reason == host.ErrPanic, e.Panicked)
		assert.Equal(t, "panics v1: "+function+": "+message, err.Error())
		if e.Panicked {
			assert.Contains(t, e.Message, "main.go:", "the stack")
			assert.NotErrorIs(t, err, host.ErrCall)
		}
	}
}

func TestPanicsAndErrorsOfAFunction(t *testing.T) {
	lib := open(t, libtest.Build(t, "panics", "1"))
	value := must(host.Func0[int32](lib, "Value"))(t)
	text := must(host.Func0[string](lib, "Text"))(t)
	status := must(host.Func0[host.None](lib, "Status"))(t)
	result := must(host.Func0[int32](lib, "Result"))(t)
	null := must(host.Func0[int32](lib, "Nil"))(t)
	fail := must(host.Func0[host.None](lib, "Fail"))(t)
	failText := must(host.Func1[string, string](lib, "FailText"))(t)
	fine := must(host.Func0[int32](lib, "Fine"))(t)

	for range 3 {
		ctx := t.Context()
		v, err := value(ctx)
		fails(t, host.ErrPanic, "Value", "panic: no value")(v, err)
		assert.Zero(t, v)
		s, err := text(ctx)
		fails(t, host.ErrPanic, "Text", "panic: no text")(s, err)
		assert.Empty(t, s)
		_, err = status(ctx)
		fails(t, host.ErrPanic, "Status", "panic: no status")(nil, err)
		v, err = result(ctx)
		fails(t, host.ErrPanic, "Result", "panic: no result")(v, err)
		v, err = null(ctx)
		fails(t, host.ErrPanic, "Nil", "panic: runtime error: invalid memory address or nil pointer dereference")(v, err)
		_, err = fail(ctx)
		fails(t, host.ErrCall, "Fail", "failed as told")(nil, err)
		for _, message := range []string{"", "no\x00end", strings.Repeat("long", 1000)} {
			s, err = failText(ctx, message)
			fails(t, host.ErrCall, "FailText", message)(s, err)
		}
		assert.EqualValues(t, 1, must(fine(ctx))(t), "the library lives on")
	}
}

// A text whose pointer leads nowhere is an error of that call.
func TestTextThatIsNowhere(t *testing.T) {
	lib := open(t, libtest.Build(t, "panics", "1"))
	nowhere := must(host.Func1[uint64, string](lib, "Nowhere"))(t)
	for _, address := range []uint64{8, 1 << 40, 1 << 63} { // in the first page, unmapped, and no address at all
		s, err := nowhere(t.Context(), address)
		fails(t, host.ErrCall, "Nowhere", fmt.Sprintf("the text that it returned is not at %#x", address))(s, err)
		s, err = nowhere(bg, address)
		fails(t, host.ErrCall, "Nowhere", fmt.Sprintf("the text that it returned is not at %#x", address))(s, err)
	}
	assert.Empty(t, must(nowhere(bg, 0))(t), "NULL is no text")
	assert.Zero(t, lib.InFlight())
}

// A function without a status leaves the status of a panic with its thread. The caller
// whose call panicked gets it, and nobody else does.
func TestPanicReachesItsCaller(t *testing.T) {
	const goroutines, rounds = 8, 300
	slot := newSlot(t, "panics", []string{libtest.Build(t, "panics", "1")})
	value := must(host.Func0[int32](slot, "Value"))(t)
	fine := must(host.Func0[int32](slot, "Fine"))(t)
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for n := range rounds {
				if (i+n)%2 == 0 {
					v, err := value(t.Context())
					if !assert.ErrorIs(t, err, host.ErrPanic) || !assert.Zero(t, v) {
						return
					}
				} else if v, err := fine(t.Context()); !assert.NoError(t, err) || !assert.EqualValues(t, 1, v) {
					return
				}
			}
		})
	}
	wg.Wait()
}
