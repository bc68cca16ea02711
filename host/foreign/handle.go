package foreign

import (
	"sync"
	"sync/atomic"
)

// A Handle names an object: the number of its place in the table in the low bits, and above them how often a
// place was given out, so that no handle is ever used twice. 0 is none.
type Handle uint64

const (
	placeBits = 28
	placeMask = 1<<placeBits - 1
)

// An entry does not change.
type entry struct {
	handle Handle
	object any
}

// A table finds objects by their handles, without a lock.
type table struct {
	places atomic.Pointer[[]atomic.Pointer[entry]]

	mu    sync.Mutex // guards all that follows, and every write
	used  int        // places that were ever used
	free  []int      // of these, those without an object
	given uint64     // handles
}

var handles table

// add returns the handle by which object is found until it is taken.
func (t *table) add(object any) Handle {
	t.mu.Lock()
	defer t.mu.Unlock()
	var i int
	if n := len(t.free); n > 0 {
		i, t.free = t.free[n-1], t.free[:n-1]
	} else {
		i = t.used
		t.used++
		t.grow()
	}
	t.given++
	e := &entry{Handle(t.given<<placeBits | uint64(i)), object}
	(*t.places.Load())[i].Store(e)
	return e.handle
}

// grow makes room for all places that are used.
func (t *table) grow() {
	var old []atomic.Pointer[entry]
	if p := t.places.Load(); p != nil {
		old = *p
	}
	if t.used <= len(old) {
		return
	}
	places := make([]atomic.Pointer[entry], max(2*len(old), 64))
	for i := range old {
		places[i].Store(old[i].Load())
	}
	t.places.Store(&places)
}

// find returns the object of a handle, or nil.
func (t *table) find(h Handle) any {
	places := t.places.Load()
	if places == nil {
		return nil
	}
	i := uint64(h & placeMask)
	if i >= uint64(len(*places)) {
		return nil
	}
	if e := (*places)[i].Load(); e != nil && e.handle == h {
		return e.object
	}
	return nil
}

// take removes the object of a handle, and reports whether it was there.
func (t *table) take(h Handle) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.find(h) == nil {
		return false
	}
	i := int(h & placeMask)
	(*t.places.Load())[i].Store(nil)
	t.free = append(t.free, i)
	return true
}

// lookup finds an object of one kind.
func lookup[T any](h Handle) (T, error) {
	object, ok := handles.find(h).(T)
	if !ok {
		return object, ErrBadHandle
	}
	return object, nil
}

// A releaser has something to do when its handle is given back, and may refuse that.
type releaser interface{ release() error }

// Release gives a handle back, whatever it names.
func Release(h Handle) error {
	object := handles.find(h)
	if object == nil {
		return ErrBadHandle
	}
	if r, ok := object.(releaser); ok {
		if err := r.release(); err != nil {
			return err
		}
	}
	if !handles.take(h) {
		return ErrBadHandle
	}
	if _, ok := object.(*Function); ok {
		OnReleased(h)
	}
	return nil
}
