//go:build cgo

package cabi

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/cabi/abi"
)

// keptMax is how many byte strings wait for hotso_take at the same time, and
// keptBytes how long the message of an error or panic may be. A result that
// did not fit the caller's buffer is kept whole.
const (
	keptMax   = 1024
	keptBytes = 64 << 10
)

// kept holds what hotso_take hands out: a ring, so that a caller which never
// asks costs a bounded amount of memory.
var kept struct {
	sync.Mutex
	last uint32
	ring [keptMax]struct {
		id   uint32
		data []byte
	}
}

// keep stores data and returns the status that names it.
func keep(kind int32, data []byte) int32 {
	if kind != abi.TooSmall && len(data) > keptBytes {
		data = bytes.Clone(data[:keptBytes]) // a slice would hold on to all of it
	}
	kept.Lock()
	defer kept.Unlock()
	kept.last = kept.last%abi.MaxStatusID + 1
	slot := &kept.ring[kept.last%keptMax]
	slot.id, slot.data = kept.last, data
	return kind | int32(kept.last<<8)
}

// take moves the bytes of a status into b.
func take(status int32, b Buffer) int32 {
	id := abi.StatusID(status)
	kept.Lock()
	defer kept.Unlock()
	slot := &kept.ring[id%keptMax]
	if id == 0 || slot.id != id {
		*b.len = 0
		return abi.Gone
	}
	*b.len = uintptr(len(slot.data))
	if *b.len > b.cap {
		return abi.TooSmall
	}
	copy(Bytes(b.out, uintptr(len(slot.data))), slot.data)
	slot.id, slot.data = 0, nil
	return abi.OK
}

// pendings maps a thread id to the status of a function that had none to
// return. Panics are rare, so a map behind a lock is enough; the counter that
// callers look at is hotso_pending.
var pendings struct {
	sync.Mutex
	byThread map[int]int32
}

func setPending(status int32) {
	pendings.Lock()
	defer pendings.Unlock()
	if pendings.byThread == nil {
		pendings.byThread = map[int]int32{}
	}
	pendings.byThread[threadID()] = status
	atomic.StoreUint32(pendingCount(), uint32(len(pendings.byThread)))
}

func takePending() int32 {
	pendings.Lock()
	defer pendings.Unlock()
	id := threadID()
	status := pendings.byThread[id]
	delete(pendings.byThread, id)
	atomic.StoreUint32(pendingCount(), uint32(len(pendings.byThread)))
	return status
}
