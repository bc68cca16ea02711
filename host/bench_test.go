package host_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Typed calls, gate included: on a library, and through a slot, which looks up
// its current version first. Compare two states of the code with benchstat:
//
//	make bench > old.txt
//	make bench > new.txt
//	benchstat old.txt new.txt
//
// Each call has a serial and a parallel row; the second has 8 goroutines for
// each core.
func BenchmarkCall(b *testing.B) {
	ctx := context.Background()
	file := libtest.Greeter(b, "2")
	lib, err := host.Open(ctx, file)
	require.NoError(b, err)
	defer lib.Close(ctx)
	echo, err := host.Open(ctx, libtest.Build(b, "echo", "1"))
	require.NoError(b, err)
	defer echo.Close(ctx)
	slot := host.NewSlot("greeter")
	defer slot.Close(ctx)
	_, err = slot.Swap(ctx, file)
	require.NoError(b, err)

	for name, c := range map[string]host.Caller{"library": lib, "slot": slot} {
		add, err := host.Func2[int32, int32, int32](c, "Add")
		require.NoError(b, err)
		run(b, "add/"+name, func() error {
			_, err := add(ctx, 40, 2)
			return err
		})
		greet, err := host.Func1[string, string](c, "GreetName")
		require.NoError(b, err)
		run(b, "greet/"+name, func() error {
			_, err := greet(ctx, "Ada")
			return err
		})
	}
	// The two ways of a byte result: into the frame's buffer, or, too large
	// for it, fetched with a second call.
	for name, size := range map[string]int{"64B": 64, "64KiB": 64 << 10} {
		echoBytes, err := host.Func1[[]byte, []byte](echo, "Bytes")
		require.NoError(b, err)
		data := bytes.Repeat([]byte{'x'}, size)
		run(b, "bytes/"+name, func() error {
			_, err := echoBytes(ctx, data)
			return err
		})
	}
}

// What labels for the host's profiles cost a call.
func BenchmarkLabelledCall(b *testing.B) {
	ctx := context.Background()
	for name, opts := range map[string][]host.Option{"without": nil, "with": {host.LabelCalls()}} {
		lib, err := host.Open(ctx, libtest.Greeter(b, "2"), opts...)
		require.NoError(b, err)
		defer lib.Close(ctx)
		add, err := host.Func2[int32, int32, int32](lib, "Add")
		require.NoError(b, err)
		run(b, "add/"+name, func() error {
			_, err := add(ctx, 40, 2)
			return err
		})
	}
}

// What it costs a call that calls are measured. Blocks of calls with and without take turns, and the fastest of
// each count: so it says the same on a machine that is busy with something else.
func BenchmarkMeasuredCall(b *testing.B) {
	const block = 2000
	ctx := context.Background()
	var adds [2]func(context.Context, int32, int32) (int32, error)
	for i, opts := range [][]host.Option{nil, {host.MeasureCalls()}} {
		lib, err := host.Open(ctx, libtest.Greeter(b, "2"), opts...)
		require.NoError(b, err)
		defer lib.Close(ctx)
		adds[i], err = host.Func2[int32, int32, int32](lib, "Add")
		require.NoError(b, err)
	}
	fastest := [2]time.Duration{time.Hour, time.Hour}
	for b.Loop() {
		for i, add := range adds {
			began := time.Now()
			for range block {
				if _, err := add(ctx, 40, 2); err != nil {
					b.Fatal(err)
				}
			}
			fastest[i] = min(fastest[i], time.Since(began))
		}
	}
	without, with := float64(fastest[0])/block, float64(fastest[1])/block
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(without, "ns/call")
	b.ReportMetric(with-without, "ns-more/call")
}

// What a canary costs the calls that go past it: without one, drawn at random, and by
// key.
func BenchmarkCallBesideACanary(b *testing.B) {
	ctx := context.Background()
	slot := host.NewSlot("greeter")
	defer slot.Close(ctx)
	_, err := slot.Swap(ctx, libtest.Greeter(b, "1"))
	require.NoError(b, err)
	add, err := host.Func2[int32, int32, int32](slot, "Add")
	require.NoError(b, err)
	call := func(ctx context.Context) func() error {
		return func() error { _, err := add(ctx, 40, 2); return err }
	}
	run(b, "none", call(ctx))
	_, err = slot.Canary(ctx, libtest.Greeter(b, "2"), host.Share{}, host.Promotion{})
	require.NoError(b, err)
	run(b, "random", call(ctx))
	run(b, "key", call(host.WithKey(ctx, "user-42")))
}

func run(b *testing.B, name string, call func() error) {
	b.Run(name+"/serial", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(name+"/parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
