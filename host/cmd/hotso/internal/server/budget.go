package server

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// errBusy: the server has as much to do as it is allowed to. Nothing was called.
var errBusy = errors.New("too much is going on at the moment")

const (
	// busyWait is how long a request waits for its turn before errBusy.
	busyWait = 2 * time.Second
	// smallBytes are not counted: whoever asks for little is served also while others wait for
	// memory. What all connections together have of it is bounded by their number.
	smallBytes = 16 << 10
)

// A budget bounds the bytes that all requests have in memory together, those of replies
// included.
type budget struct {
	size int64
	free *semaphore.Weighted

	lacks *lacks
}

func newBudget(size int64) *budget {
	return &budget{size: size, free: semaphore.NewWeighted(size), lacks: new(lacks)}
}

// A share is what one request has of a budget. It is not for concurrent use.
type share struct {
	of   *budget
	held int64
}

func (b *budget) share() *share { return &share{of: b} }

// cost is what n bytes take of the budget. What is larger than the budget has it for itself.
func (b *budget) cost(n int64) int64 {
	if n <= smallBytes {
		return 0
	}
	return min(n, b.size)
}

// grow has s be at least n bytes; it may wait for that, and fail with errBusy.
func (s *share) grow(ctx context.Context, n int64) error {
	more := s.of.cost(n) - s.held
	if more <= 0 {
		return nil
	}
	if err := waitFor(ctx, s.of.free, more, &s.of.lacks.memory); err != nil {
		return err
	}
	s.held += more
	return nil
}

// become has s be n bytes, or fewer if there are not that many: the bytes are there already.
func (s *share) become(n int64) {
	more := s.of.cost(n) - s.held
	switch {
	case more < 0:
		s.of.free.Release(-more)
	case more > 0 && !s.of.free.TryAcquire(more):
		return
	}
	s.held += more
}

func (s *share) release() { s.become(0) }

// waitFor acquires n of sem within busyWait, or counts that there was none.
func waitFor(ctx context.Context, sem *semaphore.Weighted, n int64, lacked *atomic.Int64) error {
	if sem.TryAcquire(n) {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, busyWait)
	defer cancel()
	if sem.Acquire(short, n) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	lacked.Add(1)
	return errBusy
}
