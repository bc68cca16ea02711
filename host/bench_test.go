package host_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// The callers of a benchmark: a library, and a slot that serves it.
func benchmarkCallers(b *testing.B, run func(b *testing.B, c host.Caller)) {
	path := libtest.Greeter(b, "1")
	b.Run("on=library", func(b *testing.B) { run(b, open(b, path)) })
	b.Run("on=slot", func(b *testing.B) { run(b, newSlot(b, "greeter", []string{path})) })
}

// One crossing with scalars.
func BenchmarkAdd(b *testing.B) {
	benchmarkCallers(b, func(b *testing.B, c host.Caller) {
		add := must(host.Func2[int32, int32, int32](c, "Add"))(b)
		ctx := context.Background()
		b.ReportAllocs()
		for b.Loop() {
			if sum, err := add(ctx, 1, 2); err != nil || sum != 3 {
				b.Fatal(sum, err)
			}
		}
	})
}

// Text there and back, in the buffer convention.
func BenchmarkGreetName(b *testing.B) {
	benchmarkCallers(b, func(b *testing.B, c host.Caller) {
		greet := must(host.Func1[string, string](c, "GreetName"))(b)
		ctx := context.Background()
		b.ReportAllocs()
		for b.Loop() {
			if s, err := greet(ctx, "Ada"); err != nil || s != "Hello, Ada!" {
				b.Fatal(s, err)
			}
		}
	})
}

// A malloc'd string, fetched and freed: two crossings.
func BenchmarkGreet(b *testing.B) {
	benchmarkCallers(b, func(b *testing.B, c host.Caller) {
		greet := must(host.Func0[string](c, "Greet"))(b)
		ctx := context.Background()
		b.ReportAllocs()
		for b.Loop() {
			if s, err := greet(ctx); err != nil || s != "Hello, Golang!" {
				b.Fatal(s, err)
			}
		}
	})
}

// All processors at once, through one slot.
func BenchmarkAddParallel(b *testing.B) {
	benchmarkCallers(b, func(b *testing.B, c host.Caller) {
		add := must(host.Func2[int32, int32, int32](c, "Add"))(b)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for ctx := context.Background(); pb.Next(); {
				if sum, err := add(ctx, 1, 2); err != nil || sum != 3 {
					b.Error(sum, err)
					return
				}
			}
		})
	})
}

// A call by name, with conversions.
func BenchmarkDynamicAdd(b *testing.B) {
	lib := open(b, libtest.Greeter(b, "1"))
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if r, err := lib.Call(ctx, "Add", 1, 2); err != nil || r.Value != int32(3) {
			b.Fatal(r, err)
		}
	}
}

// From the file to the first call served, and the old version unloaded.
func BenchmarkSwap(b *testing.B) {
	version := stamped(b, libtest.Greeter(b, "1"))
	var paths []string
	for n := range 2 {
		path := filepath.Join(b.TempDir(), strconv.Itoa(n)+".so")
		require.NoError(b, os.WriteFile(path, version(strconv.Itoa(n+1)), 0o644))
		paths = append(paths, path)
	}
	slot := newSlot(b, "greeter", paths[:1])
	n := 0
	for b.Loop() {
		n++
		if _, err := slot.Swap(context.Background(), paths[n%2]); err != nil {
			b.Fatal(err)
		}
	}
}
