//go:build cgo

package cabi

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

var errBroken = errors.New("broken")

func TestStringAndBytes(t *testing.T) {
	b := []byte("a\x00b")
	s := String(unsafe.Pointer(&b[0]), 3)
	view := Bytes(unsafe.Pointer(&b[0]), 3)
	b[0] = 'z'
	assert.Equal(t, "a\x00b", s, "a copy")
	assert.Equal(t, "z\x00b", string(view), "a view")
	assert.Empty(t, String(nil, 0))
	assert.Empty(t, Bytes(nil, 0))
}

// The ways to give a text or byte result must behave alike.
var results = map[string]func(Buffer, func() (string, error)) int32{
	"Text": Text,
	"Buffer.Text": func(b Buffer, f func() (string, error)) (status int32) {
		defer RecoverStatus(&status)
		return b.Text(f())
	},
	"Data": func(b Buffer, f func() (string, error)) int32 {
		return Data(b, func() ([]byte, error) { s, err := f(); return []byte(s), err })
	},
}

func TestResultThatFits(t *testing.T) {
	for name, result := range results {
		for _, want := range []string{"", "x", "a\x00b", "Zoë"} {
			c := newCaller(len(want))
			status := result(c.buffer(), func() (string, error) { return want, nil })
			assert.EqualValues(t, abi.OK, status, name)
			assert.Equal(t, want, c.text(), name)
		}
	}
}

func TestResultIntoNoBuffer(t *testing.T) {
	for name, result := range results {
		length := uintptr(99)
		status := result(Out(nil, 0, unsafe.Pointer(&length)), func() (string, error) { return "", nil })
		assert.EqualValues(t, abi.OK, status, name)
		assert.Zero(t, length, name)
	}
}

func TestResultIntoABufferWithoutALimit(t *testing.T) {
	for name, result := range results {
		c := newCaller(5)
		c.capacity = ^uintptr(0)
		status := result(c.buffer(), func() (string, error) { return "Hello", nil })
		assert.EqualValues(t, abi.OK, status, name)
		assert.Equal(t, "Hello", string(c.memory[:c.length]), name)

		c.length = 0
		assert.EqualValues(t, abi.OK, take(keep(abi.Error, []byte("broken")), c.buffer()), name)
		assert.EqualValues(t, 6, c.length, name)
	}
}

func TestResultThatDoesNotFit(t *testing.T) {
	for name, result := range results {
		c := newCaller(4)
		calls := 0
		status := result(c.buffer(), func() (string, error) { calls++; return "Hello", nil })
		assert.EqualValues(t, abi.TooSmall, abi.Kind(status), name)
		assert.EqualValues(t, 5, c.length, name)
		assert.Equal(t, make([]byte, 4), c.memory[:4], "nothing is written")
		assertTakes(t, "Hello", status)
		assert.Equal(t, 1, calls, "it never runs again")
	}
}

func TestNumbers(t *testing.T) {
	type celsius float64
	c := newCaller(16)
	c.capacity = 2 // numbers
	status := Numbers(c.buffer(), func() ([]celsius, error) { return []celsius{1.5, -2}, nil })
	assert.EqualValues(t, abi.OK, status)
	assert.EqualValues(t, 2, c.length)
	assert.Equal(t, [2]float64{1.5, -2}, *(*[2]float64)(unsafe.Pointer(&c.memory[0])))
	assert.Equal(t, make([]byte, guards), c.memory[16:])

	n := []uint16{1, 2, 0x0304}
	status = Numbers(c.buffer(), func() ([]uint16, error) { return n, nil })
	assert.EqualValues(t, abi.TooSmall, abi.Kind(status))
	assert.EqualValues(t, 3, c.length, "numbers")
	n[0] = 9
	assertTakes(t, "\x01\x00\x02\x00\x04\x03", status)

	assert.EqualValues(t, abi.OK, Numbers(Out(nil, 0, unsafe.Pointer(&c.length)), func() ([]int8, error) { return nil, nil }))
	assert.Zero(t, c.length)
	assertFails(t, abi.Error, "broken", Numbers(c.buffer(), func() ([]int8, error) { return nil, errBroken }))
	assertFails(t, abi.Panic, "boom", Numbers(c.buffer(), func() ([]int8, error) { panic("boom") }))
}

func TestDataMayReuseItsBytes(t *testing.T) {
	b := []byte("Hello")
	status := Data(newCaller(0).buffer(), func() ([]byte, error) { return b, nil })
	copy(b, "spoil")
	assertTakes(t, "Hello", status)
}

func TestResultThatFails(t *testing.T) {
	for name, result := range results {
		c := newCaller(4)
		status := result(c.buffer(), func() (string, error) { return "text", errBroken })
		assertFails(t, abi.Error, "broken", status)
		assert.Equal(t, make([]byte, 4), c.memory[:4], name)
	}
}

func TestPanicBecomesAStatus(t *testing.T) {
	var n int32
	for name, call := range map[string]func(explode func()) int32{
		"Text": func(explode func()) int32 {
			return Text(newCaller(0).buffer(), func() (string, error) { explode(); return "", nil })
		},
		"Data": func(explode func()) int32 {
			return Data(newCaller(0).buffer(), func() ([]byte, error) { explode(); return nil, nil })
		},
		"Run": func(explode func()) int32 {
			return Run(func() error { explode(); return nil })
		},
		"Value": func(explode func()) int32 {
			return Value(&n, func() (int32, error) { explode(); return 0, nil })
		},
	} {
		status := call(func() { panic("boom") })
		assert.EqualValues(t, abi.Panic, abi.Kind(status), name)
		message, _ := taken(status)
		assert.Contains(t, message, "panic: boom\n", name)
		assert.Contains(t, message, "convert_test.go:", "the stack of the panic")

		assertFails(t, abi.Panic, "nil pointer dereference", call(func() { _ = *(*int)(nil) }))
		assertFails(t, abi.Panic, "nil argument", call(func() { panic(nil) }))
	}
	assertFails(t, abi.Panic, "nil pointer", Text(Out(nil, 0, nil), func() (string, error) { return "", nil }))
}

func TestRun(t *testing.T) {
	assert.EqualValues(t, abi.OK, Run(func() error { return nil }))
	assertFails(t, abi.Error, "broken", Run(func() error { return errBroken }))
}

func TestValue(t *testing.T) {
	n := int32(1)
	assert.EqualValues(t, abi.OK, Value(&n, func() (int32, error) { return 42, nil }))
	assert.EqualValues(t, 42, n)
	assertFails(t, abi.Error, "broken", Value(&n, func() (int32, error) { return 7, errBroken }))
	assert.EqualValues(t, 42, n, "untouched by a failure")
}

func TestRecover(t *testing.T) {
	runtime.LockOSThread() // as every export is
	defer runtime.UnlockOSThread()
	assert.Equal(t, 42, recovering(func() int { return 42 }))
	require.EqualValues(t, abi.OK, hotso_go_take_status())

	assert.Zero(t, recovering(func() int { panic("boom") }))
	assert.EqualValues(t, 1, atomic.LoadUint32(pendingCount()))
	assertFails(t, abi.Panic, "panic: boom", hotso_go_take_status())
	assert.Zero(t, atomic.LoadUint32(pendingCount()))
}

// recovering is an export that calls f.
func recovering(f func() int) int {
	defer Recover()
	return f()
}

func TestNotStamped(t *testing.T) {
	assert.Empty(t, Name())
	assert.Empty(t, Version())
}
