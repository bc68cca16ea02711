package host_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A caller asks a version of the greeter for a greeting and returns it, and the version
// that the host says it came from, if the host does.
type caller func(context.Context) (greeting, version string, err error)

func callers(t *testing.T, slot *host.Slot) []caller {
	greet := must(host.Func0[string](slot, "Greet"))(t)
	name := must(host.Func1[string, string](slot, "GreetName"))(t)
	return []caller{
		func(ctx context.Context) (string, string, error) { s, err := greet(ctx); return s, "", err },
		func(ctx context.Context) (string, string, error) { s, err := name(ctx, "Ada"); return s, "", err },
		func(ctx context.Context) (string, string, error) {
			r, err := slot.Call(ctx, "GreetName", "Ada")
			s, _ := r.Value.(string)
			return s, r.Version, err
		},
	}
}

var greeting = regexp.MustCompile(`^Hello, (?:Golang|Ada)! \(v(\d+)\)$`)

// current is the number of the version that serves.
func current(slot *host.Slot) int {
	n, _ := strconv.Atoi(slot.Current().Version())
	return n
}

// The main promise: whatever is swapped, no call is lost, and each is answered
// by an allowed version: not older than the one that served when the call began,
// not newer than the one that serves when it has ended.
func TestSwapsUnderCalls(t *testing.T) {
	const first, swaps, goroutines = 2, 200, 8
	version := stamped(t, libtest.Greeter(t, "1"))
	path := filepath.Join(t.TempDir(), "libgreeter.so")
	put := func(n int) { require.NoError(t, os.WriteFile(path, version(strconv.Itoa(n)), 0o644)) }

	put(first)
	slot := newSlot(t, "greeter", []string{path})
	calls := callers(t, slot)
	var done, failed atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			call := calls[i%len(calls)]
			for n := 1; !stop.Load(); n++ {
				if err := checkedCall(t.Context(), slot, call); err != nil {
					failed.Add(1)
					t.Error(err)
					return
				}
				if done.Add(1); n%20 == 0 {
					time.Sleep(time.Millisecond) // the swaps need a processor too
				}
			}
		})
	}
	for n := first + 1; n <= first+swaps && failed.Load() == 0; n++ {
		put(n) // in place, over the file of the version that serves
		before := done.Load()
		swap, err := slot.Swap(t.Context(), path)
		if !assert.NoError(t, err) {
			break
		}
		assert.Equal(t, strconv.Itoa(n), swap.Version)
		assert.Equal(t, strconv.Itoa(n-1), swap.Old.Version)
		requireNothingLeft(t)(swap.Old, nil)
		for done.Load() < before+goroutines && failed.Load() == 0 {
			runtime.Gosched() // each version is called
		}
	}
	stop.Store(true)
	wg.Wait()
	assert.Zero(t, failed.Load())
	assert.Equal(t, first+swaps, current(slot))
	t.Logf("%d calls", done.Load())
}

// checkedCall makes a call and judges the answer.
func checkedCall(ctx context.Context, slot *host.Slot, call caller) error {
	from := current(slot)
	answer, said, err := call(ctx)
	to := current(slot)
	if err != nil {
		return err
	}
	m := greeting.FindStringSubmatch(answer)
	if m == nil {
		return fmt.Errorf("answer %q", answer)
	}
	n, _ := strconv.Atoi(m[1])
	if n < from || n > to || said != "" && said != m[1] {
		return fmt.Errorf("v%d answered, said to be v%s, between v%d and v%d", n, said, from, to)
	}
	return nil
}
