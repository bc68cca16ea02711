package modeltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	controllers     = 16
	opsOfController = 25
	callersOfLane   = 2
	opensAtATime    = 3
)

func TestModel(t *testing.T) {
	seed, end := *first, *length
	if seed == 0 {
		seed = rand.Uint64() >> 32
	}
	if testing.Short() {
		end /= 10
	}
	if *stress {
		useStress()
	}
	begin := time.Now()
	quiet(t)
	r := newRun(t)
	go running.watch()
	for ; ; seed++ {
		fmt.Fprintf(os.Stderr, "model: seed %d, after %s\n", seed, &r.figures) // at once: the round may end the process
		for _, f := range r.round(seed).faults {
			t.Errorf("seed %d: %s", seed, f)
		}
		if t.Failed() && !*on || time.Since(begin) > end {
			break
		}
	}
	r.figures.log(time.Since(begin))
}

// round does what the seed says, and closes all slots.
func (r *run) round(seed uint64) *world {
	running.seed = seed
	w := &world{run: r, seed: seed, at: make([]atomic.Pointer[generation], len(lanes)), opens: make(chan struct{}, opensAtATime)}
	var callers, others sync.WaitGroup
	for i := range lanes {
		g, err := w.newGeneration(i, random(seed, -1-i).IntN)
		if err != nil {
			w.fault("slot %d: %v", i, err)
			return w
		}
		w.at[i].Store(g)
		for n := range callersOfLane {
			c := caller{world: w, lane: i, number: n, r: random(seed, 100+10*i+n)}
			callers.Go(c.run)
		}
		callers.Go(func() { w.look(i) })
	}
	for n := range controllers {
		ops := plan(seed, n, opsOfController)
		others.Go(func() { w.control(ops) })
	}
	others.Wait()
	w.over.Store(true)
	callers.Wait()
	w.rest()
	w.end()
	r.figures.rounds.Add(1)
	return w
}

// look watches a lane's slot while it is being changed.
func (w *world) look(lane int) {
	for !w.over.Load() {
		w.at[lane].Load().checkShares()
		time.Sleep(time.Millisecond)
	}
}

// rest looks at what serves now that nobody does anything.
func (w *world) rest() {
	for i := range w.at {
		g := w.at[i].Load()
		g.checkQuiet()
		if g.lane.exact {
			g.checkStore()
		}
	}
}

// end closes all slots, and looks at what they have been through.
func (w *world) end() {
	for _, g := range w.generations {
		g.closed.Store(true)
		done := running.begin("the last Close of " + g.lane.lib)
		r, err := g.slot.Close(context.Background())
		done()
		g.judge(context.Background(), op{kind: closing, lane: g.number}, r, err)
	}
	for _, g := range w.generations {
		g.checkLives()
		g.checkAnswers()
	}
	if left := eventually(func() string { return leftovers(w.held) }); left != "" {
		w.fault("all slots are closed, and left are %s", left)
	}
}
