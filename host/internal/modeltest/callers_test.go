package modeltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/hotso/hotso/host"
)

// A caller calls one lane until the round is over.
type caller struct {
	*world
	lane, number int
	r            *rand.Rand
	g            *generation // whose slot it has called
	keys         int         // that it has given up
	wrote        int         // to the current key
	told         string      // what the key holds
}

func (c *caller) run() {
	for !c.over.Load() {
		g := c.at[c.lane].Load()
		if g != c.g {
			c.g, c.wrote, c.told = g, 0, ""
		}
		ends, after := drawEnd(c.r)
		ctx, cancel := contextOf(ends, after)
		what := c.call(ctx)
		cancel()
		c.figures.calls.Add(1)
		if what != nil {
			c.figures.unanswered.Add(1)
		}
		time.Sleep(time.Duration(c.r.ExpFloat64() * float64(500*time.Microsecond)))
	}
}

// call makes one call, and returns its error, which was judged.
func (c *caller) call(ctx context.Context) (err error) {
	what := fmt.Sprintf("a call of caller %d to slot %d", c.number, c.lane)
	defer running.begin(what)()
	if c.r.IntN(20) == 0 {
		ctx = host.WithKey(ctx, "tester")
	}
	switch c.g.lane.lib {
	case "crash":
		err = c.callCrash(ctx)
	case "sessions":
		err = c.callSessions(ctx)
	case "callback":
		err = c.callCalling(ctx)
	case "counter":
		err = c.callCounter(ctx)
	}
	c.g.judgeCall(ctx, what, err)
	return err
}

func (c *caller) callCrash(ctx context.Context) (err error) {
	a, b := c.r.Int32N(1000), c.r.Int32N(1000)
	sum := a + b
	switch c.r.IntN(5) {
	case 0:
		sum, err = c.g.bound.add(ctx, a, b)
	case 1:
		sum, err = c.g.bound.addStay(ctx, a, b)
	case 2:
		ms := c.r.Int64N(5)
		var slept int64
		if slept, err = c.g.bound.sleep(ctx, ms); err == nil && slept != ms {
			c.fault("Sleep(%d) returned %d", ms, slept)
		}
	default:
		var r host.Result
		r, err = c.dynamic(ctx, "Add", a, b)
		if err == nil {
			sum = r.Value.(int32)
		}
	}
	if err == nil && sum != a+b {
		c.fault("Add(%d, %d) returned %d", a, b, sum)
	}
	return err
}

// dynamic notes which version has answered.
func (c *caller) dynamic(ctx context.Context, name string, args ...any) (host.Result, error) {
	begin := time.Now()
	r, err := c.g.slot.Call(ctx, name, args...)
	if err == nil {
		c.g.answers.add(r.Version, begin, time.Now())
	}
	return r, err
}

// callSessions writes a number to a key of its own, which must hold the one before.
func (c *caller) callSessions(ctx context.Context) (err error) {
	key := fmt.Sprintf("%d.%d", c.number, c.keys)
	value := strconv.Itoa(c.wrote + 1)
	var before string
	if c.r.IntN(2) == 0 {
		before, err = c.g.bound.put(ctx, key, value)
	} else {
		var r host.Result
		if r, err = c.dynamic(ctx, "Put", key, value); err == nil {
			before = r.Value.(string)
		}
	}
	switch {
	case err == nil:
		if before != c.told {
			c.fault("session %s held %q and not %q, after %d writes", key, before, c.told, c.wrote)
		}
		c.wrote++
		c.told = value
		c.g.store.set(key, value)
	case errors.Is(err, host.ErrHung): // it may still be applied, at any time
		c.g.store.set(key, c.told, value)
		c.keys++
		c.wrote, c.told = 0, ""
	}
	return err
}

// callCounter wants a total that somebody can have reached.
func (c *caller) callCounter(ctx context.Context) error {
	begun := &c.g.bound.increments
	begun.Add(1)
	n, err := c.g.bound.increment(ctx)
	if err == nil && (n < 1 || n > begun.Load()) {
		c.fault("the total is %d after %d calls", n, begun.Load())
	}
	return err
}

// judgeCall looks at the error of a call. What it returned was looked at.
func (g *generation) judgeCall(ctx context.Context, what string, err error) {
	var ok bool
	switch {
	case err == nil:
		ok = true
	case errors.Is(err, host.ErrHung):
		ok = ofContext(ctx, err)
	case errors.Is(err, host.ErrCrashed):
		ok = !g.lane.exact
	case errors.Is(err, host.ErrClosed):
		ok = g.closed.Load()
	default:
		ok = ofContext(ctx, err)
	}
	if !ok {
		g.fault("%s (%s): %v", what, g.lane.lib, err)
	}
}

// checkStore compares the state of a slot of sessions with what callers were told.
func (g *generation) checkStore() {
	g.store.mu.Lock()
	defer g.store.mu.Unlock()
	for key, values := range g.store.keys {
		got, err := g.bound.get(context.Background(), key)
		if err != nil && errors.Is(err, host.ErrCall) {
			got, err = "", nil // no such session
		}
		if err != nil || !slices.Contains(values, got) {
			g.fault("session %s holds %q (%v), and its caller knows of %q", key, got, err, values)
		}
	}
}
