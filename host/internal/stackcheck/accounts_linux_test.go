//go:build amd64 || arm64

package stackcheck

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
)

// hostThreads has the host's runtime start n threads, which wait until the test ends, and returns their ids.
func hostThreads(t testing.TB, n int) (ids []int) {
	before, err := proc.Threads()
	require.NoError(t, err)
	started, leave := make(chan int), make(chan struct{})
	var wg sync.WaitGroup
	for len(ids) < n {
		wg.Go(func() {
			runtime.LockOSThread() // not unlocked: the thread ends
			started <- unix.Gettid()
			<-leave
		})
		if id := <-started; !slices.Contains(before, id) { // else it was idle
			ids = append(ids, id)
		}
	}
	t.Cleanup(func() { close(leave); wg.Wait() })
	return ids
}

// The assumption: the kernel lists a thread behind all that were there when it was started.
func TestThreadsAreListedAsTheyWereStarted(t *testing.T) {
	require.NoError(t, Ready())
	var want []int
	for range 3 {
		f := startForeign(t)
		defer f.end(t)
		want = append(want, f.id)
	}
	require.Eventually(t, func() bool { // threads that end meanwhile may take others out of the list
		var got []int
		require.NoError(t, proc.Tasks(0, func(id int, _ uint64) {
			if slices.Contains(want, id) {
				got = append(got, id)
			}
		}))
		return slices.Equal(want, got)
	}, patience, time.Millisecond)
}

// newer is what findNewer finds as soon as no thread comes or goes meanwhile, and all of the host's have answered, but for
// those that are not.
func newer(t *testing.T, but ...int) (found map[int]uint64) {
	require.Eventually(t, func() (ok bool) {
		_, _, err := ask(none, nil)
		require.NoError(t, err)
		found, ok = findNewer(nil)
		for id := range found {
			ok = ok && (slices.Contains(but, id) || id == unix.Getpid())
		}
		return ok
	}, patience, time.Millisecond)
	return found
}

// Hundreds of threads of the host's are not looked at one by one, and what was there before them, or comes
// behind them, is found all the same.
func TestOnlyNewThreadsAreLookedAt(t *testing.T) {
	require.NoError(t, Ready())
	old := startForeign(t)
	defer old.end(t)
	hostThreads(t, 5*fewNewer)
	recent := startForeign(t)
	defer recent.end(t)
	found := newer(t, old.id, recent.id)
	assert.Contains(t, found, old.id)
	assert.Contains(t, found, recent.id)
	for _, f := range []*foreign{old, recent} {
		_, err := Run(around(f.address()), briefly, none, nil, nil)
		var in *Threads
		require.ErrorAs(t, err, &in)
		assert.Equal(t, []int{f.id}, in.IDs)
	}
}

// An old thread that is a library's at one look is found when it is not any more, by the end of the library.
func TestThreadOfALibraryThatStays(t *testing.T) {
	require.NoError(t, Ready())
	f := startForeign(t)
	defer f.end(t)
	delete(met, f.id)
	hostThreads(t, 2*fewNewer)
	theirs := func(f2 func(int)) { f2(f.id) }
	for range 3 {
		_, err := Run(around(f.address()), briefly, theirs, nil, nil)
		require.NoError(t, err)
	}
	assert.NotContains(t, met, f.id)
	require.Contains(t, newer(t, f.id), f.id)
	_, err := Run(around(f.address()), briefly, none, nil, nil)
	require.Error(t, err)
}

// A look that may have missed a thread, and accounts of many that have ended, have all be looked at again.
func TestAllAreLookedAtAgain(t *testing.T) {
	require.NoError(t, Ready())
	f := startForeign(t)
	defer f.end(t)
	hostThreads(t, 2*fewNewer)
	newer(t, f.id)
	missed := func() {
		delete(met, f.id)
		delete(others, f.id)
	}
	missed()
	found, ok := findNewer(nil)
	require.NotContains(t, found, f.id, "it is older than what is accounted for: %t", ok)
	complete = false
	_, err := Run(around(f.address()), briefly, none, nil, nil)
	require.Error(t, err)

	newer(t, f.id)
	missed()
	count, err := proc.CountTasks()
	require.NoError(t, err)
	for id := range 4 * count {
		accounted[1<<22+id] = 1 // beyond the largest id there may be
	}
	_, err = Run(around(f.address()), briefly, none, nil, nil)
	require.Error(t, err)
	assert.NotContains(t, accounted, 1<<22)
}

// Libraries load while others are unloaded. With the race detector this has said that it was not so.
func TestStandingStillWhileThreadsAreAsked(t *testing.T) {
	require.NoError(t, Ready())
	id := hostThreads(t, 1)[0]
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				StandingStill()
			}
		}
	})
	for asked := 0; asked < 200; {
		delete(accounted, id)
		complete = false
		publish()
		_, quiet, err := ask(none, StandingStill())
		require.NoError(t, err)
		if _, done := accounted[id]; !done { // it stands still
			quiet()
			asked++
			assert.Contains(t, accounted, id)
		}
	}
}
