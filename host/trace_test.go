package host_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Whatever kind of call it is, who traces is told of its begin and of its end, with what its caller gets.
func TestTraceCalls(t *testing.T) {
	type key struct{}
	var mu sync.Mutex
	var told []string
	tell := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, fmt.Sprintf(format, args...))
	}
	slot := newSlot(t, "panics", []string{libtest.Build(t, "panics", "1")},
		host.TraceCalls(func(ctx context.Context, c host.CallInfo) func(error) {
			tell("%s v%s %s %v", c.Library, c.Version, c.Function, ctx.Value(key{}))
			return func(err error) {
				kind := "none"
				for _, k := range []error{host.ErrPanic, host.ErrCall, context.Canceled} {
					if errors.Is(err, k) {
						kind = k.Error()
					}
				}
				tell("error: %s", kind)
			}
		}), host.LabelCalls())
	ctx := context.WithValue(t.Context(), key{}, "mine")
	_, err := slot.Call(ctx, "Fail")
	require.ErrorIs(t, err, host.ErrCall)
	status, err := host.Func0[host.None](slot, "Status")
	require.NoError(t, err)
	_, err = status(context.WithValue(bg, key{}, "typed"))
	require.ErrorIs(t, err, host.ErrPanic)
	assert.Equal(t, []string{
		"panics v1 Fail mine", "error: " + host.ErrCall.Error(),
		"panics v1 Status typed", "error: " + host.ErrPanic.Error(),
	}, told)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = slot.Call(ended, "Fail")
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, told, 4, "what is not let in is no call")
}
