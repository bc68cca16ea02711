package server

import (
	"context"
	"errors"
	"math/bits"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi"
)

// A result is at first in the library's memory as well. Both runtimes collect garbage when it
// is as much as what they use.
const (
	copiesInCall = 8 // of a result, in all
	copiesInHand = 2 // once the call has returned
)

// results know how large the results of functions are. A result is in memory from when it
// is there until its client has read it, and its size is known too late to refuse it: the call was
// made. So a call of a function whose results are large waits for room before it is made.
type results struct {
	mu sync.Mutex
	of map[resultKey]*result
}

// A resultKey names calls whose results are likely to be of one size: what a function
// returns often is as long as what it is given.
type resultKey struct {
	function string
	class    int // of what its arguments take: the length of that number in bits
}

type result struct {
	size  int64 // in bytes, the largest since then
	since time.Time
	older int64         // the largest of the resultWindow before
	seen  int           // results, up to 63
	known chan struct{} // closed when the first call has ended
	gone  bool          // it failed, and so told nothing
}

// resultWindow is how long a large result is remembered, and at most twice as long.
const resultWindow = time.Minute

// expectAtLeast is more than expected while few results were seen: the next may be larger than those.
func (r *result) expectAtLeast(budget int64) int64 {
	return max(r.expected(), budget/copiesInCall>>r.seen)
}

// expected is the largest result of late.
func (r *result) expected() int64 { return max(r.size, r.older) }

// add takes the size of a result.
func (r *result) add(size int64, now time.Time) {
	if age := now.Sub(r.since); age >= resultWindow {
		if r.older = r.size; age >= 2*resultWindow {
			r.older = 0
		}
		r.size, r.since = 0, now
	}
	r.size, r.seen = max(r.size, size), min(r.seen+1, 63)
}

func keyOf(function string, share *share) resultKey {
	return resultKey{function, bits.Len64(uint64(share.held))}
}

// expect has share be large enough for the result of a call, too. The first of its kind goes
// ahead, and others wait until it has shown how much that is; but not for one that takes its time.
func (r *results) expect(ctx context.Context, share *share, key resultKey) error {
	var late <-chan time.Time // of all that it waits
	for {
		first := r.get(key)
		if first == nil {
			return nil
		}
		select {
		case <-first.known:
		default:
			if late == nil {
				late = time.After(busyWait)
			}
			select {
			case <-first.known:
			case <-late:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		r.mu.Lock()
		size, careful, gone := first.expected(), first.expectAtLeast(share.of.size), first.gone
		r.mu.Unlock()
		if gone {
			continue
		}
		held := share.held
		err := share.grow(ctx, held+copiesInCall*careful)
		if errors.Is(err, errBusy) && careful > size {
			err = share.grow(ctx, held+copiesInCall*size)
		}
		return err
	}
}

// largest is the largest result of late, as far as that is known.
func (r *results) largest(key resultKey) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.of[key]; known != nil {
		return known.expected()
	}
	return 0
}

// get returns what is known of calls, nil for the first of its kind.
func (r *results) get(key resultKey) *result {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.of[key]; known != nil {
		return known
	}
	if r.of == nil {
		r.of = map[resultKey]*result{}
	}
	r.of[key] = &result{known: make(chan struct{})}
	return nil
}

// saw learns from the result of a call, nil if it failed, and returns what it takes until
// it is written.
func (r *results) saw(key resultKey, value any) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.of[key]
	if of == nil { // its results are never large
		return 0
	}
	size := sizeOf(value)
	of.add(size, time.Now())
	select {
	case <-of.known:
	default:
		if of.gone = value == nil; of.gone {
			delete(r.of, key)
		}
		close(of.known)
	}
	return copiesInHand * size
}

// large reports whether results of type t may be: others are of abi.MaxStruct at most.
func large(t abi.Type) bool { return t == abi.CString || t.Span() }
