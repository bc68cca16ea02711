package proc

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A thread that ran and waits again has left a processor more often; one that waits does not go on counting. It may be
// counted twice for one wait: the kernel can take its processor between the thread's resolve to wait and the wait.
func TestSwitches(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	fd := int(read.Fd()) // from now on a read blocks its thread
	id := make(chan int)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		id <- unix.Gettid()
		for {
			if n, _ := unix.Read(fd, make([]byte, 1)); n == 0 {
				return
			}
		}
	}()
	thread := <-id
	waits := func() bool { return ThreadByID(thread).PC != 0 }
	rests := func() bool {
		before := Switches(thread)
		time.Sleep(time.Millisecond)
		return waits() && Switches(thread) == before
	}
	require.Eventually(t, rests, 10*time.Second, time.Millisecond)
	for range 3 {
		before := Switches(thread)
		require.NotZero(t, before)
		_, err = write.Write([]byte{0})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return rests() && Switches(thread) > before }, 10*time.Second, time.Millisecond)
	}
	require.NoError(t, write.Close())
	<-ended
	require.NoError(t, read.Close())
	require.Zero(t, Switches(-1))
}

// The assumption: the directory of threads has as many links as entries, and an entry has its directory's inode number.
func TestTasksFromTheEnd(t *testing.T) {
	type task struct {
		id    int
		inode uint64
	}
	require.Eventually(t, func() bool { // threads of the runtime's come and go
		count, err := CountTasks()
		require.NoError(t, err)
		var all, last []task
		require.NoError(t, Tasks(0, func(id int, inode uint64) { all = append(all, task{id, inode}) }))
		require.NoError(t, Tasks(count-2, func(id int, inode uint64) { last = append(last, task{id, inode}) }))
		same := slices.IndexFunc(all, func(t task) bool { return Inode(t.id) != t.inode }) < 0
		return same && len(all) == count && slices.Equal(all[count-2:], last)
	}, 10*time.Second, time.Millisecond)
	assert.Zero(t, Inode(1<<22), "there is no such thread") // PID_MAX_LIMIT
}
