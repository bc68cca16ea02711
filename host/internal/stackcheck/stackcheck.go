package stackcheck

import (
	"encoding/binary"
	"fmt"
)

// A Range is one of addresses.
type Range struct {
	Low, High uint64 // High is the first after it
}

// Threads are those that may come back.
type Threads struct {
	IDs []int
	Why []string // of each
}

func (t *Threads) Error() string {
	return fmt.Sprintf("thread %d, which it has not told of, %s", t.IDs[0], t.Why[0])
}

func word(b [8]byte) uint64 { return binary.NativeEndian.Uint64(b[:]) }
