//go:build cgo

package cabi

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/cabi/abi"
)

// A caller is the C side of a call: its buffer, with guard bytes after it.
type caller struct {
	memory   []byte
	capacity uintptr
	length   uintptr
}

const guards = 8

func newCaller(capacity int) *caller {
	return &caller{memory: make([]byte, capacity+guards), capacity: uintptr(capacity)}
}

func (c *caller) buffer() Buffer {
	return Out(unsafe.Pointer(&c.memory[0]), c.capacity, unsafe.Pointer(&c.length))
}

// text is what the library wrote, or a complaint if it wrote past the buffer.
func (c *caller) text() string {
	if [guards]byte(c.memory[c.capacity:]) != [guards]byte{} {
		return "written past the end of the buffer"
	}
	return string(c.memory[:c.length])
}

func taken(status int32) (string, int32) {
	c := newCaller(1 << 17)
	if status = hotso_go_take(status, unsafe.Pointer(&c.memory[0]), c.capacity, unsafe.Pointer(&c.length)); status != abi.OK {
		return "", status
	}
	return c.text(), abi.OK
}

func assertTakes(t *testing.T, want string, status int32) {
	t.Helper()
	got, kind := taken(status)
	assert.EqualValues(t, abi.OK, kind)
	assert.Equal(t, want, got)
}

func assertGone(t *testing.T, status int32) {
	t.Helper()
	c := newCaller(8)
	c.length = 99
	assert.EqualValues(t, abi.Gone, take(status, c.buffer()))
	assert.Zero(t, c.length)
}

// assertFails asserts that status is of that kind, and that its message contains want.
func assertFails(t *testing.T, kind int, want string, status int32) {
	t.Helper()
	assert.EqualValues(t, kind, abi.Kind(status))
	got, _ := taken(status)
	assert.Contains(t, got, want)
}
