//go:build cgo

package cabi

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In a program that never called hotso_set_host.
func TestNoHost(t *testing.T) {
	_, err := Host1[string, int32]("Log")("x")
	require.ErrorIs(t, err, ErrNoHost)
	_, err = Callback1[string, int32](1<<16 | 1)("x")
	require.ErrorIs(t, err, ErrNoHost)
	_, err = Callback1[string, int32](0)("x")
	require.ErrorContains(t, err, "callback of the host: its handle is 0")
	require.ErrorContains(t, func() error { _, err := Callback0[None](7)(); return err }(), "its handle is 7")
	_, err = Callback0[int](1 << 16)()
	require.ErrorContains(t, err, "int does not cross")
	_, err = Host0[chan int]("Log")()
	require.ErrorContains(t, err, "chan int does not cross")
	Count("things", 1)
}

// A callback is made anew in every call that takes one.
func TestCallbacksAllocateLittle(t *testing.T) {
	var one func(string) (int32, error)
	var none func(string) (None, error)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { one = Callback1[string, int32](1<<16 | 1) }), 2.0)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { none = Callback1[string, None](1<<16 | 1) }), 2.0)
	_, err := one("")
	assert.Error(t, err)
	_, err = none("")
	assert.Error(t, err)
}
