package host_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// TestLargeResultsOfManyCallers: a result that does not fit is fetched by a second
// call. Before that, a caller may wait for a processor for as long as thousands
// of others take for their calls.
func TestLargeResultsOfManyCallers(t *testing.T) {
	lib := open(t, libtest.Build(t, "echo", "1"))
	big := must(host.Func2[uint64, uint8, []byte](lib, "Big"))(t)
	wrong := crowd(func(i int64) error {
		b, err := big(ctx, uint64(i%9000), 'x')
		if err == nil && len(b) != int(i%9000) {
			err = errors.New("another length")
		}
		return err
	})
	assert.Empty(t, wrong)
}

// The same for what a library gets from a callback.
func TestLargeResultsOfManyCallbacks(t *testing.T) {
	lib := open(t, libtest.Build(t, "callback", "1"),
		host.Provide2("Greet", func(s string, n int32) (string, error) { return strings.Repeat(s, int(n)), nil }))
	greet := must(host.Func2[string, int32, string](lib, "Greet"))(t)
	wrong := crowd(func(i int64) error {
		s, err := greet(ctx, "x", int32(i%9000))
		if err == nil && len(s) != int(i%9000) {
			err = errors.New("another length")
		}
		return err
	})
	assert.Empty(t, wrong)
}

// crowd calls f from a thousand goroutines, with widely different numbers, and
// returns the first error.
func crowd(f func(i int64) error) string {
	var first atomic.Pointer[string]
	var wg sync.WaitGroup
	for g := range int64(1000) {
		wg.Go(func() {
			for i := range int64(100) {
				if err := f(i*3701 + g*41); err != nil {
					text := err.Error()
					first.CompareAndSwap(nil, &text)
					return
				}
			}
		})
	}
	wg.Wait()
	if p := first.Load(); p != nil {
		return *p
	}
	return ""
}
