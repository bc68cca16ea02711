package host_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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

// The stack of a panic goes on in the host, with the caller and not with what is in between, however the
// call was made.
func TestStackOfAPanicHasBothSides(t *testing.T) {
	lib := open(t, libtest.Build(t, "profiled", "1"))
	slot := newSlot(t, "profiled", []string{libtest.Build(t, "profiled", "1")})
	direct := must(host.Func1[string, host.None](lib, "Fail"))(t)
	stays := must(host.Func1[string, host.None](slot, "Fail", host.Stay()))(t)
	bounded := must(host.Func1[string, host.None](lib, "Fail", host.Limit(time.Minute)))(t)
	endable, cancel := context.WithCancel(bg)
	defer cancel()
	for name, call := range map[string]func() error{
		"direct":  func() error { _, err := direct(bg, "as told"); return err },
		"slot":    func() error { _, err := stays(endable, "as told"); return err },
		"bounded": func() error { _, err := bounded(bg, "as told"); return err },
		"endable": func() error { _, err := direct(endable, "as told"); return err },
		"dynamic": func() error { _, err := lib.Call(bg, "Fail", "as told"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			var failed *host.CallError
			require.ErrorAs(t, callOnBehalf(call), &failed)
			inLibrary, inHost, ok := strings.Cut(failed.Message, "\n\ncalled by the host:\n")
			require.True(t, ok, failed.Message)
			assert.True(t, strings.HasPrefix(inLibrary, "panic: as told\n\n"), inLibrary)
			assert.Regexp(t, `main\.failHere\(.*\n\t\S*profiled/main\.go:\d+`, inLibrary)
			assert.Regexp(t, `^\S+TestStackOfAPanicHasBothSides\.func\d+\(\.\.\.\)\n\t\S+panic_test\.go:\d+\n\S+\.callOnBehalf\(`, inHost)
			assert.NotContains(t, inHost, "internal/invoke")
		})
	}
}

//go:noinline
func callOnBehalf(f func() error) error { return f() }

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
