package modeltest

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// hangs is how long an operation or call may take. None of them waits for more than a few
// timeouts of seconds.
const hangs = 2 * time.Minute

// running are the operations and calls that have not come back. One that never does is a
// fault like any other, and the round could not end with it: so the process says what hangs,
// and ends.
var running = register{since: map[*string]time.Time{}}

type register struct {
	mu    sync.Mutex
	since map[*string]time.Time
	seed  uint64
}

// begin notes what begins. The function that it returns notes its end.
func (r *register) begin(what string) (end func()) {
	key := &what
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since[key] = time.Now()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.since, key)
	}
}

// longest is what has been running for longer than that.
func (r *register) longest() (stuck []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for what, begin := range r.since {
		if took := time.Since(begin); took > hangs {
			stuck = append(stuck, fmt.Sprintf("%s, for %v", *what, took.Round(time.Second)))
		}
	}
	return stuck
}

// watch ends the process if something hangs.
func (r *register) watch() {
	for range time.Tick(time.Second) {
		stuck := r.longest()
		if len(stuck) == 0 {
			continue
		}
		stacks := make([]byte, 16<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		fmt.Fprintf(os.Stderr, "%s\nseed %d: these don't come back:\n", stacks, r.seed)
		for _, what := range stuck {
			fmt.Fprintln(os.Stderr, "\t"+what)
		}
		os.Exit(2)
	}
}
