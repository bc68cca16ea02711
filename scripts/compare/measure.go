package main

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"
)

// Jobs that a child measures. Load and Leak are each done by a process that has done
// nothing before.
const (
	Add     = "add"     // nanoseconds of Add
	Greet   = "greet"   // nanoseconds of Greet
	Bytes   = "bytes"   // nanoseconds of an echo of 64 KiB
	Scaling = "scaling" // calls a second of 8 goroutines, as a multiple of those of one
	Order   = "order"   // nanoseconds of an order in and a priced one out
	Load    = "load"    // nanoseconds from the file to the first greeting
	Leak    = "leak"    // what one load and close leave behind
)

const (
	echoSize   = 64 << 10
	goroutines = 8
)

// A Figure is what one measurement found. It goes from child to parent as JSON.
type Figure struct {
	Value  float64 // ns, or a multiple
	Allocs float64 // heap objects per call, of this process
	Left   Left    // Leak only
	Err    string
}

// A bench is a loaded contender that is measured again and again.
type bench struct {
	greeter Greeter
	echo    Echo
	pricer  Pricer
	data    []byte
	budget  time.Duration // of one measurement
}

func newBench(c Contender, f Files, budget time.Duration) (*bench, error) {
	b := &bench{data: bytes.Repeat([]byte{'x'}, echoSize), budget: budget}
	var err error
	if c.Open != nil {
		if b.greeter, err = c.Open(f); err != nil {
			return nil, err
		}
		if b.echo, err = c.Echo(f); err != nil {
			return nil, err
		}
		if err := b.check(); err != nil {
			return nil, err
		}
	}
	if c.Order != nil {
		if b.pricer, err = c.Order(f); err != nil {
			return nil, err
		}
		if err := b.pricer.check(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// check calls everything of the greeter once: a wrong answer must not count as a fast one.
func (b *bench) check() error {
	if sum, err := b.greeter.Add(40, 2); err != nil || sum != 42 {
		return fmt.Errorf("Add(40, 2) is %d, %v", sum, err)
	}
	if s, err := b.greeter.Greet("Ada"); err != nil || s != "Hello, Ada!" {
		return fmt.Errorf("Greet(Ada) is %q, %v", s, err)
	}
	if p, err := b.echo(b.data); err != nil || !bytes.Equal(p, b.data) {
		return fmt.Errorf("an echo of %d bytes has %d, %v", len(b.data), len(p), err)
	}
	return nil
}

func (b *bench) run(job string) (Figure, error) {
	switch job {
	case Add:
		return b.time(func() error { _, err := b.greeter.Add(40, 2); return err })
	case Greet:
		return b.time(func() error { _, err := b.greeter.Greet("Ada"); return err })
	case Bytes:
		return b.time(func() error { _, err := b.echo(b.data); return err })
	case Order:
		return b.time(b.pricer.price)
	case Scaling:
		return b.scaling()
	}
	return Figure{}, fmt.Errorf("no job %q", job)
}

// parts is how many parts a measurement has. The fastest counts: whatever else
// runs on the machine only ever makes a call slower.
const parts = 5

// time calls f until the budget is used up, and returns nanoseconds and objects per call.
func (b *bench) time(f func() error) (Figure, error) {
	slice := b.budget / parts
	n, took := 1, time.Duration(0)
	for took < slice/4 { // also warms up
		n *= 2
		var err error
		if took, err = repeat(f, n); err != nil {
			return Figure{}, err
		}
	}
	n = max(1, int(float64(n)*float64(slice)/float64(took)))
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	best := time.Duration(math.MaxInt64)
	for range parts {
		took, err := repeat(f, n)
		if err != nil {
			return Figure{}, err
		}
		best = min(best, took)
	}
	runtime.ReadMemStats(&after)
	// Rounded down, as package testing does: an occasional object of the runtime's
	// own is not the call's.
	allocs := (after.Mallocs - before.Mallocs) / uint64(n*parts)
	return Figure{Value: float64(best) / float64(n), Allocs: float64(allocs)}, nil
}

func repeat(f func() error, n int) (time.Duration, error) {
	begin := time.Now()
	for range n {
		if err := f(); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

// scaling compares the calls of many goroutines with those of one.
func (b *bench) scaling() (Figure, error) {
	var one, many float64
	for range parts {
		r, err := b.rate(1)
		if err != nil {
			return Figure{}, err
		}
		one = max(one, r)
		if r, err = b.rate(goroutines); err != nil {
			return Figure{}, err
		}
		many = max(many, r)
	}
	return Figure{Value: many / one}, nil
}

// rate is how many Adds n goroutines make together in a nanosecond.
func (b *bench) rate(n int) (float64, error) {
	calls, errs := make([]int, n), make([]error, n)
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range n {
		wg.Go(func() {
			for errs[i] == nil && time.Since(begin) < b.budget/parts {
				for range 64 {
					if _, errs[i] = b.greeter.Add(40, 2); errs[i] != nil {
						return
					}
				}
				calls[i] += 64
			}
		})
	}
	wg.Wait()
	took, sum := time.Since(begin), 0
	for i := range n {
		if errs[i] != nil {
			return 0, errs[i]
		}
		sum += calls[i]
	}
	return float64(sum) / float64(took), nil
}

// load measures the first load of a process.
func load(c Contender, f Files) (Figure, error) {
	begin := time.Now()
	g, err := c.Open(f)
	if err != nil {
		return Figure{}, err
	}
	if _, err := g.Greet("Ada"); err != nil {
		return Figure{}, err
	}
	took := time.Since(begin)
	return Figure{Value: float64(took)}, g.Close()
}
