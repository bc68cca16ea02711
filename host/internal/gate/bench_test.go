package gate

import (
	"sync"
	"sync/atomic"
	"testing"
)

// The gate against the two obvious ways to do without it.
//
//	go test -bench . ./host/internal/gate

func BenchmarkGate(b *testing.B) {
	var g Gate[int]
	compare(b, func() {
		if s, ok := g.Enter(); ok {
			g.Leave(s)
		}
	})
}

func BenchmarkSingleCounter(b *testing.B) {
	var n atomic.Int64
	compare(b, func() {
		n.Add(1)
		n.Add(-1)
	})
}

func BenchmarkRWMutex(b *testing.B) {
	var mu sync.RWMutex
	compare(b, func() {
		mu.RLock()
		//lint:ignore SA2001 the passage is what is measured
		mu.RUnlock()
	})
}

func compare(b *testing.B, passage func()) {
	b.Run("serial", func(b *testing.B) {
		for b.Loop() {
			passage()
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				passage()
			}
		})
	})
}

func BenchmarkCloseEmpty(b *testing.B) {
	var g Gate[int]
	for b.Loop() {
		g.Close()
		g.Reopen()
	}
}
