//go:build amd64 || arm64

package stackcheck

import (
	"errors"
	"reflect"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/sigdispatch"
)

var (
	// errUnknownThreads: the C library keeps what a thread began in where nobody finds it.
	errUnknownThreads = errors.New("the threads of the host can't be told from others in this C library (a newer hotso may know it)")

	errNoPeek = errors.New("the stacks of threads can't be looked at: the process has no descriptor for a pipe")
)

// knowHost finds out, once, how the host's threads are known: all but the first were begun
// by pthread_create (runtime/cgo, and purego's in its place), and glibc keeps the function
// that a thread begins in in the thread's control block (nptl/descr.h, start_routine). Where
// exactly is not told, but a thread of the host's has something of the host's text there.
var knowHost = sync.OnceValue(func() error {
	low, end, err := text()
	if err != nil {
		return err
	}
	b := controlBlock()
	if len(b.words) == 0 {
		return errNoPeek
	}
	offset, ok := startOffset(b, low, end)
	if !ok {
		return errUnknownThreads
	}
	sigdispatch.KnowHost(offset, low, end)
	start, hostText = offset, Range{low, end}
	return nil
})

var (
	start    int64 // where, from the thread pointer, a thread says what it began in
	hostText Range // where the host's code is mapped
)

// text is where the host's code is mapped.
func text() (low, end uint64, err error) {
	pc := uint64(reflect.ValueOf(text).Pointer())
	maps, err := proc.Maps("")
	if err != nil {
		return 0, 0, err
	}
	for _, m := range maps {
		if m.Low <= pc && pc < m.High {
			return m.Low, m.High, nil
		}
	}
	return 0, 0, errUnknownThreads
}

// A block is a copy of a thread control block, or of what surely has it.
type block struct {
	first int64 // offset of the first word from the thread pointer
	words []uint64
}

// controlBlock is that of a thread of the host's.
func controlBlock() (b block) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if unix.Gettid() == unix.Getpid() { // that one was begun by nobody
			b = controlBlock() // of another, as this one is taken
		} else {
			b = ownBlock()
		}
	}()
	<-done
	return b
}

// ownBlock is that of the calling thread. struct pthread of glibc has about 2304 bytes. It
// begins at the thread pointer on amd64, and ends there on arm64 (TLS variants II and I).
func ownBlock() (b block) {
	const size = 2304
	if runtime.GOARCH == "arm64" {
		b.first = -size
	}
	b.words = make([]uint64, size/8)
	n := peek(uint64(int64(sigdispatch.ThreadPointer())+b.first), unsafe.Slice((*byte)(unsafe.Pointer(&b.words[0])), size))
	b.words = b.words[:n/8]
	return b
}

// startOffset is where in b there is an address in [low, end).
func startOffset(b block, low, end uint64) (offset int64, ok bool) {
	for i, w := range b.words {
		if low <= w && w < end {
			return b.first + int64(8*i), true
		}
	}
	return 0, false
}
