//go:build cgo

package cabi

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/kept"
)

// keptBytes is how long the message of an error or panic may be. A result that
// did not fit the caller's buffer is kept whole.
const keptBytes = 64 << 10

// waiting is what hotso_take hands out.
var waiting kept.Bytes

// keep stores data and returns the status that names it. A host that has told how to
// call it (hotso_set_host) takes everything that is kept; of any other nobody knows.
func keep(kind int32, data []byte) int32 {
	if kind != abi.TooSmall && len(data) > keptBytes {
		data = bytes.Clone(data[:keptBytes]) // a slice would hold on to all of it
	}
	return kind | int32(waiting.Keep(data, hasHost())<<8)
}

// take moves the bytes of a status into b.
func take(status int32, b Buffer) int32 {
	data, ok := waiting.Take(abi.StatusID(status), b.cap)
	*b.len = uintptr(len(data))
	switch {
	case !ok:
		return abi.Gone
	case *b.len > b.cap:
		return abi.TooSmall
	}
	copy(Bytes(b.out, uintptr(len(data))), data)
	return abi.OK
}

// pendings maps a thread id to the status of a panic in a function that returns no
// status. Panics are rare, so a map behind a lock is enough; callers look only at
// the counter hotso_pending.
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
