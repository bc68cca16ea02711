package tls

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/rank"
)

var (
	// ErrNoStaticTLS is returned by Open when the process has too little
	// static TLS left even for the smallest carrier. Its size is fixed when the
	// process starts: see [Tunable]. Or call Open before other libraries are loaded.
	ErrNoStaticTLS = errors.New("not enough static TLS in this process (start it with " + Tunable + ")")

	// ErrNoSlot is returned by Acquire while every slot is lent to a library.
	// Unload one and try again.
	ErrNoSlot = errors.New("all TLS slots are in use (unload a library first)")
)

// Tunable in the environment of a process has glibc (2.32 or newer) set enough static
// TLS aside for a carrier of abi.MaxSlots slots: bytes, for each thread.
const Tunable = "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=24576"

// A Loader opens shared objects. Open must bind at once and keep the object's
// symbols to itself (RTLD_NOW|RTLD_LOCAL); Sym finds a symbol's address.
type Loader interface {
	Open(path string) (handle uintptr, err error)
	Sym(handle uintptr, name string) (addr uintptr, err error)
}

// A Carrier owns the slots: a part of the program's own TLS, or a permanent object. Its
// methods may be called from any goroutine.
type Carrier struct {
	offset int64 // of slot 0 from the thread pointer, in bytes
	slots  int

	mu       rank.Mutex[rank.Registry]
	free     []int                // indexes, the one that has been free for longest first
	blocks   []Block              // that are free
	inBlocks int                  // slots of which there are blocks, free or not
	lease    [abi.MaxSlots]uint64 // Acquires plus Releases of each slot: odd while it is lent
}

// A Slot is abi.SlotSize bytes at the same offset from the thread pointer in
// every thread. It belongs to the caller of Acquire until it calls Release;
// copies are the same slot.
type Slot struct {
	carrier *Carrier
	index   int
	lease   uint64
}

func newCarrier(offset int64, slots int) *Carrier {
	c := &Carrier{offset: offset, slots: slots}
	for i := range slots {
		c.free = append(c.free, i)
	}
	return c
}

// Slots is the number of slots, free or not: abi.MaxSlots, or less when the
// process had too little static TLS for all, or some were made blocks of.
func (c *Carrier) Slots() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slots - c.inBlocks
}

// Acquire lends the slot that has been free for longest, or returns ErrNoSlot.
// Slots are lent first in, first out, so that stale bytes live as long as possible: a
// shim that forgot to check the owner would be found out, not saved by luck.
func (c *Carrier) Acquire() (Slot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 {
		err := fmt.Errorf("tls: acquire one of %d: %w", c.slots-c.inBlocks, ErrNoSlot)
		if c.slots < abi.MaxSlots {
			err = fmt.Errorf("%w; a host without cgo has %d, and so has one started with %s", err, abi.MaxSlots, Tunable)
		}
		return Slot{}, err
	}
	i := c.free[0]
	c.free = c.free[1:]
	c.lease[i]++
	return Slot{carrier: c, index: i, lease: c.lease[i]}, nil
}

// A Block is thread-local storage for initial-exec variables of a library's, of the size that it was acquired for.
// In a thread that has not been in the library it has whatever the last library has left there.
type Block struct {
	carrier *Carrier
	first   int // slot
	slots   int
}

// blockAlign is the alignment of blocks, in bytes.
const blockAlign = 16

// AcquireBlock lends a block of size bytes, or returns ErrNoSlot, also for none and for an alignment above 16 bytes. A
// block is made of slots, and these are not lent as slots any more: what variables have left there would be taken for
// records.
func (c *Carrier) AcquireBlock(size, align uint64) (Block, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if size == 0 || size > uint64(c.slots)*abi.SlotSize || align > blockAlign {
		return Block{}, fmt.Errorf("tls: acquire %d bytes aligned to %d: %w", size, align, ErrNoSlot)
	}
	need := int((size + abi.SlotSize - 1) / abi.SlotSize)
	for i, b := range c.blocks {
		if b.slots >= need {
			c.blocks = slices.Delete(c.blocks, i, i+1)
			return b, nil
		}
	}
	free := make([]bool, c.slots)
	for _, i := range c.free {
		free[i] = true
	}
	for first := c.slots - need; first >= 0; first-- {
		at := c.offset + int64(first)*abi.SlotSize
		if at%blockAlign != 0 || slices.Contains(free[first:first+need], false) {
			continue
		}
		c.inBlocks += need
		c.free = slices.DeleteFunc(c.free, func(i int) bool { return i >= first && i < first+need })
		return Block{c, first, need}, nil
	}
	return Block{}, fmt.Errorf("tls: acquire %d bytes: %w", size, ErrNoSlot)
}

// Offset is the distance in bytes from the thread pointer to the block's first byte.
func (b Block) Offset() int64 { return b.carrier.offset + int64(b.first)*abi.SlotSize }

// Release gives the block back, for other blocks.
func (b Block) Release() {
	b.carrier.mu.Lock()
	defer b.carrier.mu.Unlock()
	b.carrier.blocks = append(b.carrier.blocks, b)
}

// Release gives the slot back. Code that was patched to use it must not run any
// more. A second Release panics: by then the slot may be another library's.
func (s Slot) Release() {
	c := s.carrier
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lease[s.index] != s.lease {
		panic(fmt.Sprintf("tls: slot %d released twice", s.index))
	}
	c.lease[s.index]++
	c.free = append(c.free, s.index)
}

// Index is the slot's number, below abi.MaxSlots. It is also the index of the
// slot's entry in the signal dispatch table.
func (s Slot) Index() int { return s.index }

// Offset is the distance in bytes from the thread pointer to the slot's first
// byte: negative on amd64 (TLS variant II), positive on arm64 (variant I).
func (s Slot) Offset() int64 { return s.carrier.offset + int64(s.index)*abi.SlotSize }
