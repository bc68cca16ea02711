package invoke

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/life"
)

func newEnd() (*Target, *atomic.Uint32) {
	t, word := New("greeter", "1", "", &Config{}), new(atomic.Uint32)
	t.Guard(word, 0, nil)
	return t, word
}

// Who wants to end a version that is gone by then must not write to the word, which is
// another version's.
func TestKillIsTooLate(t *testing.T) {
	target, word := newEnd()
	target.End.RuleOut()
	assert.False(t, target.End.Kill(abi.CrashKilled))
	assert.Zero(t, word.Load(), "another version would be dead now")
}

// Nor must one whose end somebody deals with.
func TestKillTwice(t *testing.T) {
	target, word := newEnd()
	assert.True(t, target.End.Kill(abi.CrashKilled))
	assert.False(t, target.End.Kill(abi.CrashKilled))
	assert.EqualValues(t, abi.CrashKilled, word.Load())
	assert.True(t, target.Dead())
	_, ok := target.End.Begin()
	assert.True(t, ok)
	_, ok = target.End.Begin()
	assert.False(t, ok)
	word.Store(0)
	assert.False(t, target.End.Kill(abi.CrashKilled))
	assert.Zero(t, word.Load())
	assert.True(t, target.Dead(), "for good")
}

// What the library had borrowed is kept until its end was reported.
func TestRuleOutWaitsForTheReport(t *testing.T) {
	target, _ := newEnd()
	_, ok := target.End.Begin()
	require.True(t, ok)
	over := make(chan struct{})
	go func() { target.End.RuleOut(); close(over) }()
	select {
	case <-over:
		require.Fail(t, "it has not waited")
	default:
	}
	crash := &life.Crash{Kind: life.CrashExit}
	told := make(chan struct{})
	target.End.Notify(func() { close(told) })
	target.End.Known(crash)
	target.End.Reported()
	<-over
	<-told
	assert.Equal(t, crash, target.End.Crash())
}

// No control call gets in once the gate is sealed, or the runtime has ended.
func TestControlCallsAreInsideTheGate(t *testing.T) {
	target, _ := newEnd()
	target.Close()
	require.True(t, target.Seal())
	_, err := target.ask(0)
	require.ErrorIs(t, err, life.ErrClosed)

	target, _ = newEnd()
	_, ok := target.End.Begin()
	require.True(t, ok)
	target.End.Known(&life.Crash{})
	_, err = target.ask(0)
	require.ErrorIs(t, err, life.ErrCrashed)
	assert.Zero(t, target.InFlight())
	_, err = target.take(1, 10)
	require.ErrorIs(t, err, life.ErrCrashed, "a result is not fetched from a library that is gone")
}
