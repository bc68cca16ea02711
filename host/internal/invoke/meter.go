package invoke

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/life"
)

// Reading a clock takes as long as a small call. So of calls that are fast, one in sampling is timed,
// and counts for those that were not; slow ones are timed all. Each lease counts for itself.
const (
	sampling = 16
	fast     = 4 * time.Microsecond // a call that took less is followed by some that are not timed
)

// A meter collects how long the calls of a target take.
type meter struct {
	shards []meterShard // a lease has one of them
	next   atomic.Uint32
}

// A meterShard is written to by some of the leases, so that processors seldom meet.
type meterShard struct {
	sum    atomic.Int64 // nanoseconds
	counts [life.Buckets]atomic.Uint64
	_      [128]byte
}

// newMeter has no more shards than processors, and few: each is 2.5 KB.
func newMeter() *meter {
	return &meter{shards: make([]meterShard, min(runtime.GOMAXPROCS(0), 8))}
}

// shard is one for a lease. A nil meter has none.
func (m *meter) shard() *meterShard {
	if m == nil {
		return nil
	}
	return &m.shards[m.next.Add(1)%uint32(len(m.shards))]
}

// histogram is what was measured until now.
func (m *meter) histogram() life.Histogram {
	if m == nil {
		return life.Histogram{}
	}
	var counts [life.Buckets]uint64
	var sum int64
	for i := range m.shards {
		s := &m.shards[i]
		sum += s.sum.Load()
		for j := range counts {
			counts[j] += s.counts[j].Load()
		}
	}
	return life.HistogramOf(time.Duration(sum), counts[:])
}

// A stopwatch times some of the calls of one lease.
type stopwatch struct {
	shard   *meterShard // nil: none
	skip    uint32      // how many calls are not timed, from now on
	weight  uint32      // for how many the next one that is timed counts
	running bool
	began   time.Duration // since epoch
}

var epoch = time.Now()

// start begins to time a call, if it is one of those.
func (w *stopwatch) start() {
	if w.skip > 0 {
		w.skip--
		return
	}
	w.running = true
	w.began = time.Since(epoch) // reads only the monotonic clock
}

// stop ends it.
func (w *stopwatch) stop() {
	took := time.Since(epoch) - w.began
	w.running = false
	weight := w.weight + 1
	w.skip, w.weight = 0, 0
	if took < fast {
		w.skip, w.weight = sampling-1, sampling-1
	}
	w.shard.sum.Add(int64(took) * int64(weight))
	w.shard.counts[life.BucketOf(took)-life.FirstBucket].Add(uint64(weight))
}
