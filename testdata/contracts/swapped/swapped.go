// Package swapped sends random values of a contract through a slot whose versions are swapped
// meanwhile. The tests of generated contracts are made of it.
package swapped

import (
	"context"
	"flag"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/testdata/contracts/values"
)

var (
	libraries = flag.String("swapped.libraries", "", "paths of at least two versions, separated by commas")
	seed      = flag.Uint64("swapped.seed", 1, "of the values")
	least     = flag.Int("swapped.swaps", 10, "how many swaps there are at least")
)

// callers is how many goroutines call.
const callers = 4

// depth is that of the values: types are nested to 6, and each pointer, slice and field counts.
const depth = 10

// A Check sends a random value there and back, and compares.
type Check[C any] struct {
	Method string
	Send   func(t testing.TB, c C, g values.Generator)
}

// Run sends what the checks send, from several goroutines, while the versions that the flags name are
// swapped. Each goroutine sends all at least once.
func Run[C any](t *testing.T, bind func(contract.Caller) (C, error), makes map[reflect.Type]values.Make, checks []Check[C]) {
	paths := strings.Split(*libraries, ",")
	require.Greater(t, len(paths), 1, "-swapped.libraries")
	slot := host.NewSlot("random", host.AllowDowngrade())
	t.Cleanup(func() {
		_, err := slot.Close(context.Background())
		assert.NoError(t, err)
	})
	bound, err := bind(slot)
	require.NoError(t, err)
	_, err = slot.Swap(t.Context(), paths[0])
	require.NoError(t, err)

	var over atomic.Bool
	var rounds, calls atomic.Int64
	var wait sync.WaitGroup
	for i := range uint64(callers) {
		wait.Go(func() {
			for round := uint64(0); !over.Load() && !t.Failed(); round++ {
				for _, n := range rand.New(rand.NewPCG(*seed+round, i)).Perm(len(checks)) {
					of := *seed<<32 | round<<24 | i<<16 | uint64(n)
					g := values.New(of, makes)
					g.Rough = true
					checks[n].Send(t, bound, g)
					if t.Failed() {
						t.Logf("%s, of seed %d", checks[n].Method, of)
						return
					}
					if calls.Add(1); round > 0 && over.Load() {
						return
					}
				}
				if round == 0 {
					rounds.Add(1)
				}
			}
		})
	}
	swaps := 0
	for ; (swaps < *least || rounds.Load() < callers) && !t.Failed(); swaps++ {
		_, err := slot.Swap(t.Context(), paths[(swaps+1)%len(paths)])
		if !assert.NoError(t, err) {
			break
		}
	}
	over.Store(true)
	wait.Wait()
	t.Logf("%d methods, %d calls, %d swaps", len(checks), calls.Load(), swaps)
}

// Echo wants back what it sends.
func Echo[T any](t testing.TB, g values.Generator, call func(v T) (T, error)) {
	v := values.Value[T](g, depth)
	got, err := call(v)
	if assert.NoError(t, err) {
		values.Same(t, v, got)
	}
}
