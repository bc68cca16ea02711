//go:build cgo

package cabi

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A library bounds its goroutines' stacks as soon as it links this package.
func TestMaxStack(t *testing.T) {
	t.Cleanup(func() { MaxStack(DefaultMaxStack) })
	assert.Equal(t, DefaultMaxStack, MaxStack(1<<20))
	assert.Equal(t, 1<<20, debug.SetMaxStack(DefaultMaxStack))
}
