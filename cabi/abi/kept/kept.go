// Package kept keeps bytes that did not fit into a call, each under an id, until the
// other side asks for them.
package kept

import (
	"container/list"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi"
)

const (
	// Few is how many are kept in any case. A side that never asks costs no more.
	Few = 1024
	// Patience is for how long all of them are kept if the other side is known to ask
	// for everything. There may be any number of callers, and each may have to
	// wait for a processor between its two calls.
	Patience = time.Minute
	// Most is how many are kept then.
	Most = 1 << 20
)

// Bytes holds what is kept. Any goroutine may use it; the zero value is empty.
type Bytes struct {
	mu    sync.Mutex
	last  uint32
	byID  map[uint32]*list.Element
	order list.List // of *entry, the oldest first
}

type entry struct {
	id    uint32
	data  []byte
	since time.Time
}

// Keep keeps data and returns its id, which is not 0. all says that the other
// side asks for everything.
func (b *Bytes) Keep(data []byte, all bool) (id uint32) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.order.Len() >= Few {
		oldest := b.order.Front()
		if all && b.order.Len() < Most && now.Sub(oldest.Value.(*entry).since) < Patience {
			break
		}
		b.forget(oldest)
	}
	if b.byID == nil {
		b.byID = map[uint32]*list.Element{}
	}
	for id = b.next(); b.byID[id] != nil; id = b.next() {
	}
	b.byID[id] = b.order.PushBack(&entry{id, data, now})
	return id
}

func (b *Bytes) next() uint32 {
	b.last = b.last%abi.MaxStatusID + 1
	return b.last
}

// Take returns what is kept under id, and forgets it unless it is longer than room.
func (b *Bytes) Take(id uint32, room uintptr) (data []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.byID[id]
	if !ok {
		return nil, false
	}
	data = e.Value.(*entry).data
	if uintptr(len(data)) <= room {
		b.forget(e)
	}
	return data, true
}

func (b *Bytes) forget(e *list.Element) {
	delete(b.byID, e.Value.(*entry).id)
	b.order.Remove(e)
}
