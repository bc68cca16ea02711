package soak

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"sync"
	"unsafe"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/proc"
)

// A Sample is what the process had after a number of reloads.
type Sample struct {
	Reload int `json:"reload"`
	proc.Usage
	// Own is how many of the threads the host's runtime started. It starts
	// one when it sees an idle processor, and keeps it: no leak.
	Own   int    `json:"own_threads"`
	CHeap uint64 `json:"c_heap"` // bytes that malloc has lent; 0 if it does not tell
	Heap  uint64 `json:"heap"`   // bytes of objects on the host's heap
}

// Foreign is how many threads belong to libraries.
func (s Sample) Foreign() int { return s.Threads - s.Own }

// take reads a sample. What the host's garbage collector can free does not belong to
// libraries, so that is freed first.
func (r *run) take() (Sample, error) {
	debug.FreeOSMemory()
	own := pprof.Lookup("threadcreate")
	for {
		before := own.Count()
		u, err := proc.ReadUsage()
		if err != nil || own.Count() == before {
			return Sample{Reload: r.Result.Reloads, Usage: u, Own: before - r.extra, CHeap: mallocated(), Heap: heap()}, err
		}
	}
}

// heap asks the host's runtime.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// mallinfo2 is struct mallinfo2 of malloc.h (glibc 2.33).
type mallinfo2 struct {
	arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost uintptr
}

// mallocated asks malloc how many bytes it has lent. A struct that is returned
// in memory is a hidden first argument on amd64 (psABI 3.2.3); on arm64 it has
// a register of its own (AAPCS64 6.9), which a call frame does not reach.
func mallocated() uint64 {
	if runtime.GOARCH != "amd64" {
		return 0
	}
	addr, err := dl.Global("mallinfo2")
	if err != nil {
		return 0
	}
	info := new(mallinfo2)
	f := call.Get()
	defer f.Put()
	f.Fn = addr
	f.Pointer(unsafe.Pointer(info))
	f.Do()
	return uint64(info.uordblks + info.hblkhd)
}

// prepareThreads makes the host's runtime have n threads, each with an arena of
// malloc: it would start them sooner or later and keep them, one by one, with
// the mappings of their stacks.
func prepareThreads(n int) {
	malloc, err1 := dl.Global("malloc")
	free, err2 := dl.Global("free")
	var ready, done sync.WaitGroup
	ready.Add(n)
	for range n {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			ready.Wait() // all at once, so each needs a thread of its own
			if err1 == nil && err2 == nil {
				call.Call(free, call.Call(malloc, 64))
			}
		})
	}
	done.Wait()
}

// prepareHeap makes the host's heap map more addresses than it will need: it takes
// them in pieces of 64 MiB when it grows, and keeps them. What is not used does
// not count as memory.
func prepareHeap() {
	var pieces [256][]byte
	for i := range pieces {
		pieces[i] = make([]byte, 1<<20)
	}
	runtime.KeepAlive(&pieces)
}
