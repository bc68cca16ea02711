//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
)

// Each thread says whose it is.
func TestRollCall(t *testing.T) {
	lib := fakeLibrary(t)
	defer KnowHost(0, 0, 0)
	type told struct {
		id    int
		began uint64  // the first word of its control block stands for what it began in
		owner *uint64 // in its record,
		entry *uint64 // and the shim's entry of it
	}
	threads, leave := make(chan told), make(chan bool)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer func() { *lib.record() = record{} }()
		at := lib.recordAddr()
		threads <- told{unix.Gettid(), *wordAt(ThreadPointer()), wordAt(at + abi.RecordOwner), wordAt(at + abi.RecordThread)}
		<-leave
	}()
	thread := <-threads
	ask := func(id int) (got Answer) {
		RollCall([]int{id}, 10*time.Second, func(_ int, a Answer, control uint64, regs *Registers) {
			if got = a; a == Stranger {
				assert.NotZero(t, regs.PC())
				assert.NotZero(t, regs.SP())
				assert.NotZero(t, control)
			}
		})
		return got
	}

	KnowHost(0, thread.began, thread.began+1)
	assert.Equal(t, Host, ask(thread.id))
	KnowHost(0, thread.began+1, thread.began+2)
	assert.Equal(t, Stranger, ask(thread.id))
	KnowHost(0, thread.began-1, thread.began)
	assert.Equal(t, Stranger, ask(thread.id))

	*thread.owner = lib.Owner()
	assert.Equal(t, Stranger, ask(thread.id), "it has only been inside")
	*thread.entry = 1
	assert.Equal(t, Library, ask(thread.id))
	*thread.owner = lib.Owner() + 1
	assert.Equal(t, Stranger, ask(thread.id), "that library is gone")
	*thread.owner, *thread.entry = 0, 0

	close(leave)
	assert.Equal(t, Ended, ask(1<<22-1), "there is no such thread")
}

// More threads than there are places, at a time and again and again.
func TestRollCallOfMany(t *testing.T) {
	defer KnowHost(0, 0, 0)
	began := *wordAt(ThreadPointer())
	KnowHost(0, began, began+1) // this thread's only: all others are strangers
	const count = placeCount + 10
	ids, leave := make(chan int), make(chan bool)
	var all []int
	for range count {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ids <- unix.Gettid()
			<-leave
		}()
		all = append(all, <-ids)
	}
	for range 20 {
		seen := map[int]Answer{}
		RollCall(all, 10*time.Second, func(id int, a Answer, _ uint64, _ *Registers) { seen[id] = a })
		assert.Len(t, seen, count)
	}
	close(leave)
}

func wordAt(address uintptr) *uint64 { return *(**uint64)(unsafe.Pointer(&address)) }
