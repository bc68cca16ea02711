package gate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The owner enters a closed gate, counts as one inside, and keeps it from being empty.
func TestOwnerEntersAClosedGate(t *testing.T) {
	var g Gate[int]
	g.Close()
	s, ok := g.EnterOwner()
	require.True(t, ok)
	assert.EqualValues(t, 1, g.InFlight())
	assert.False(t, g.Seal(), "somebody is inside")
	g.Leave(s)
	assert.Zero(t, g.InFlight())
	assert.True(t, g.Seal())
	_, ok = g.EnterOwner()
	assert.False(t, ok)
	assert.Zero(t, g.InFlight())
}

// An open gate is never empty for good.
func TestSealOpenGate(t *testing.T) {
	var g Gate[int]
	assert.False(t, g.Seal())
}

// What the owner has entered with is of no use to callers, who would be counted where
// all processors meet.
func TestOwnerTakesNoCallersLease(t *testing.T) {
	var g Gate[int]
	for range 3 {
		s, ok := g.EnterOwner()
		require.True(t, ok)
		g.Leave(s)
	}
	s, ok := g.Enter()
	require.True(t, ok)
	assert.False(t, s.Spare(), "a call found none in its row")
	g.Leave(s)
}
