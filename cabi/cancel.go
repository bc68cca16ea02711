//go:build cgo

package cabi

// #include <stdint.h>
// extern uintptr_t hotso_called(void);
import "C"

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// calls are those under way that have asked for their context, by what hotso_cancel takes. There
// are some lists of them, so that calls seldom wait for each other.
var calls [61]callList

// A callList has the last call first.
type callList struct {
	sync.Mutex
	first *call
}

func listOf(called uintptr) *callList { return &calls[called%uintptr(len(calls))] }

// A call is the context of one. Most implementations never look at theirs, so what can be
// cancelled is made when one does.
type call struct {
	id         uintptr // what hotso_cancel takes
	list       *callList
	prev, next *call // guarded by the list
	over       bool  // it was cancelled, or has returned; likewise
	returned   bool  // it is in no list; likewise
	made       atomic.Pointer[cancellable]
}

type cancellable struct {
	context.Context
	cancel context.CancelFunc
}

// Context returns the context of the call that an export serves, and the
// function to call when the export returns:
//
//	//export Search
//	func Search(...) ... {
//		ctx, done := cabi.Context()
//		defer done()
//
// The context ends when the host's caller stops waiting. A library that heeds it
// is not killed. Only the export itself may call Context, not a goroutine that it starts.
func Context() (ctx context.Context, done func()) {
	id := uintptr(C.hotso_called())
	c := &call{id: id, list: listOf(id)}
	c.list.Lock()
	if c.next = c.list.first; c.next != nil {
		c.next.prev = c
	}
	c.list.first = c
	c.list.Unlock()
	return c, c.end
}

// end is called when the export returns.
func (c *call) end() {
	c.list.Lock()
	if c.returned {
		c.list.Unlock()
		return
	}
	c.returned = true
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		c.list.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	c.cancelAndUnlock()
}

// cancelAndUnlock ends the context. The caller has locked the list.
func (c *call) cancelAndUnlock() {
	c.over = true
	made := c.made.Load()
	c.list.Unlock()
	if made != nil {
		made.cancel()
	}
}

// cancelCall ends the context of a call, if it asked for one.
func cancelCall(called uintptr) {
	list := listOf(called)
	list.Lock()
	for c := list.first; c != nil; c = c.next {
		if c.id == called { // the inner one, if a callback has brought the thread back
			c.cancelAndUnlock()
			return
		}
	}
	list.Unlock()
}

// context is c as one that can be cancelled.
func (c *call) context() context.Context {
	if made := c.made.Load(); made != nil {
		return made
	}
	c.list.Lock()
	defer c.list.Unlock()
	made := c.made.Load()
	if made == nil {
		ctx, cancel := context.WithCancel(context.Background())
		if c.over {
			cancel()
		}
		made = &cancellable{ctx, cancel}
		c.made.Store(made)
	}
	return made
}

// Deadline implements context.Context: there is none.
func (c *call) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (c *call) Done() <-chan struct{} { return c.context().Done() }

// Err implements context.Context.
func (c *call) Err() error { return c.context().Err() }

// Value implements context.Context: there are none but what package context has for itself.
func (c *call) Value(key any) any { return c.context().Value(key) }

// String is how package fmt prints it.
func (c *call) String() string { return "cabi.Context" }
