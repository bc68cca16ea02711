package server

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// turnTime is how long a turn lasts at most: the next begins also if the request before has not
// ended, which may wait for something. It is what Go's scheduler lets a goroutine run at a time.
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

// take waits for a turn, which lasts until end is called.
func (t turns) take(ctx context.Context) (end func(), err error) {
	if err := waitFor(ctx, t.free, 1, &t.lacks.turns); err != nil {
		return nil, err
	}
	over := sync.OnceFunc(func() { t.free.Release(1) })
	late := time.AfterFunc(turnTime, over)
	return func() { late.Stop(); over() }, nil
}

// turn has a request wait for its turn, if it does not have it already.
func (s *Server) turn(r *http.Request) (end func(), err error) {
	if c := connOf(r); c != nil && c.inTurn {
		return func() {}, nil
	}
	return s.turns.take(r.Context())
}

// inTurn has requests that were pipelined take turns.
func (s *Server) inTurn(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := connOf(r); c != nil && c.pipelined() {
			end, err := s.turns.take(r.Context())
			if err != nil {
				failCall(w, nil, "", err)
				return
			}
			c.inTurn = true
			defer func() { c.inTurn = false; end() }()
		}
		h.ServeHTTP(w, r)
	})
}
