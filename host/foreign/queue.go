package foreign

import (
	"slices"
	"sync"
	"time"
)

// defaultQueue is how many items a queue keeps, if the settings don't say.
const defaultQueue = 1024

// A queue keeps what happens to a slot until the program takes it.
type queue struct {
	capacity int // set before anybody uses it

	mu      sync.Mutex
	items   []item
	dropped uint64        // since the last one was taken
	over    bool          // there will be none any more
	changed chan struct{} // closed when there is an item or will be none; nil if nobody waits
	signal  *signal       // nil unless somebody has asked for a descriptor
}

type item struct {
	text []byte
	log  bool
}

// put appends an item. If there is no room, the oldest record goes, or else the oldest item.
func (q *queue) put(text []byte, log bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		return
	}
	if len(q.items) >= q.capacity {
		q.dropped++
		oldest := slices.IndexFunc(q.items, func(i item) bool { return i.log })
		if oldest < 0 && log {
			return // no record is worth an event
		}
		q.items = slices.Delete(q.items, max(oldest, 0), max(oldest, 0)+1)
	}
	q.items = append(q.items, item{text, log})
	q.tell()
}

// end says that there will be no more items.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over = true
	q.tell()
}

// tell wakes those who wait. It is called with mu held.
func (q *queue) tell() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
	q.signal.set(true)
}

// take returns the oldest item, and how many were dropped since the last one. It waits for one for as long as
// timeout says, for ever if that is less than 0. The status is OK, Timeout or End.
func (q *queue) take(timeout time.Duration) (text []byte, dropped uint64, s Status) {
	var late <-chan time.Time
	for {
		q.mu.Lock()
		switch {
		case len(q.items) > 0:
			text, dropped = q.items[0].text, q.dropped
			q.items[0] = item{}
			q.items, q.dropped = q.items[1:], 0
			q.signal.set(len(q.items) > 0 || q.over)
			q.mu.Unlock()
			return text, dropped, OK
		case q.over:
			q.mu.Unlock()
			return nil, 0, End
		case timeout == 0:
			q.mu.Unlock()
			return nil, 0, Timeout
		}
		if q.changed == nil {
			q.changed = make(chan struct{})
		}
		changed := q.changed
		q.mu.Unlock()
		if late == nil && timeout > 0 {
			timer := time.NewTimer(timeout)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-changed:
		case <-late:
			return nil, 0, Timeout
		}
	}
}

// descriptor returns one that is readable while take would not wait.
func (q *queue) descriptor() (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.signal == nil {
		s, err := newSignal()
		if err != nil {
			return -1, err
		}
		q.signal = s
		q.signal.set(len(q.items) > 0 || q.over)
	}
	return q.signal.fd, nil
}

// close closes the descriptor.
func (q *queue) close() {
	q.end()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.signal.close()
	q.signal = nil
}
