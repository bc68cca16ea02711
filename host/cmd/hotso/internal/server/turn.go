package server

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// turnTime is how long a turn lasts at most if what has it may wait for something: the next begins then, so
// that it waits for nobody's client. It is what Go's scheduler lets a goroutine run at a time.
const turnTime = 10 * time.Millisecond

// turns has requests that are known to be much work take turns, all of them together: those
// with large bodies or large results, and those that were sent before the reply to another.
// As many as are ready at a time would have all processors, here and in the library, and a
// small request would wait behind every one of them.
type turns struct {
	free  *semaphore.Weighted
	lacks *lacks
}

func newTurns() turns {
	return turns{semaphore.NewWeighted(max(1, int64(runtime.GOMAXPROCS(0)/2))), new(lacks)}
}

// A turn is not for concurrent use.
type turn struct {
	of   turns
	late *time.Timer // ends it after turnTime; nil: it is held
	over func()
}

// take waits for a turn, which lasts until end is called, or for turnTime.
func (t turns) take(ctx context.Context) (*turn, error) {
	if err := waitFor(ctx, t.free, 1, &t.lacks.turns); err != nil {
		return nil, err
	}
	over := sync.OnceFunc(func() { t.free.Release(1) })
	return &turn{t, time.AfterFunc(turnTime, over), over}, nil
}

// hold has the turn last until its end, for what waits for nothing and may take longer than turnTime. If it is
// over, hold waits for another one.
func (t *turn) hold(ctx context.Context) error {
	for t.late != nil && !t.late.Stop() {
		again, err := t.of.take(ctx)
		if err != nil {
			return err
		}
		*t = *again
	}
	t.late = nil
	return nil
}

// wait has the turn last for turnTime more.
func (t *turn) wait() {
	if t.late == nil {
		t.late = time.AfterFunc(turnTime, t.over)
	}
}

func (t *turn) end() {
	if t.late != nil {
		t.late.Stop()
	}
	t.over()
}

// turn has a request wait for its turn, if it does not have it already. end gives back what it has taken.
func (s *Server) turn(r *http.Request) (t *turn, end func(), err error) {
	if c := connOf(r); c != nil && c.turn != nil {
		return c.turn, c.turn.wait, nil
	}
	if t, err = s.turns.take(r.Context()); err != nil {
		return nil, nil, err
	}
	return t, t.end, nil
}

// inTurn has requests that were pipelined take turns.
func (s *Server) inTurn(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := connOf(r); c != nil && c.pipelined() {
			t, err := s.turns.take(r.Context())
			if err != nil {
				failCall(w, nil, "", err)
				return
			}
			// Who has waited for the turn would go on at once where the one before has ended it, and so would the
			// next: all that is ready would wait behind them, for as long as there are any.
			runtime.Gosched()
			c.turn = t
			defer func() { c.turn = nil; t.end() }()
		}
		h.ServeHTTP(w, r)
	})
}
