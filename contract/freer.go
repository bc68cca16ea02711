package contract

import (
	"sync"
	"time"
)

var (
	// freePatience is how long an object may take to close until the next is freed.
	freePatience = 100 * time.Millisecond
	// mostHung is how many may hang then, each in a thread of the host's.
	mostHung = 256
)

// A freer frees objects, one after the other, since a great many may come at once.
type freer struct {
	patience time.Duration
	hung     chan struct{} // has a value for each that hangs

	mu      sync.Mutex
	waiting []*object
	running bool
}

func newFreer() *freer { return &freer{patience: freePatience, hung: make(chan struct{}, mostHung)} }

func (f *freer) add(o *object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, o)
	if !f.running {
		f.running = true
		go f.run()
	}
}

func (f *freer) run() {
	for {
		f.mu.Lock()
		objects := f.waiting
		f.waiting = nil
		if len(objects) == 0 {
			f.running = false
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		for _, o := range objects {
			if !o.turns.TryAcquire(all) { // its last call is still inside
				go o.free()
				continue
			}
			o.turns.Release(all)
			freed := make(chan struct{})
			go func() {
				defer close(freed)
				o.free()
			}()
			select {
			case <-freed:
			case <-time.After(f.patience): // the others do not wait for it
				f.hung <- struct{}{}
				go func() {
					<-freed
					<-f.hung
				}()
			}
		}
	}
}
