//go:build cgo

package cabi

// #include <stdint.h>
// extern uintptr_t hotso_called(void);
import "C"

import (
	"context"
	"sync"
)

// calls holds the contexts of the calls that asked for one, by what hotso_cancel takes.
var calls struct {
	sync.Mutex
	cancel map[uintptr]context.CancelFunc
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
	ctx, cancel := context.WithCancel(context.Background())
	id := uintptr(C.hotso_called())
	calls.Lock()
	defer calls.Unlock()
	if calls.cancel == nil {
		calls.cancel = map[uintptr]context.CancelFunc{}
	}
	outer := calls.cancel[id]
	calls.cancel[id] = cancel
	return ctx, func() {
		cancel()
		calls.Lock()
		defer calls.Unlock()
		if outer != nil {
			calls.cancel[id] = outer
		} else {
			delete(calls.cancel, id)
		}
	}
}

// cancelCall ends the context of a call, if it asked for one.
func cancelCall(called uintptr) {
	calls.Lock()
	cancel := calls.cancel[called]
	calls.Unlock()
	if cancel != nil {
		cancel()
	}
}
