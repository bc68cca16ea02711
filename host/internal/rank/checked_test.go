//go:build hotso_lockrank

package rank

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// said returns what f panics with, and wants nothing to be held because of it.
func said(t *testing.T, f func()) (text string) {
	t.Helper()
	before := heldBy(goroutine())
	func() {
		defer func() { text = fmt.Sprint(recover()) }()
		f()
	}()
	assert.Equal(t, before, heldBy(goroutine()))
	return text
}

func takeInner(mu *Mutex[End])  { mu.Lock() }
func takeOuter(mu *Mutex[Slot]) { mu.Lock() }

func TestFromTheInsideOut(t *testing.T) {
	var inner Mutex[End]
	var outer Mutex[Slot]
	takeInner(&inner)
	text := said(t, func() { takeOuter(&outer) })
	inner.Unlock()
	assert.Contains(t, text, fmt.Sprintf("a goroutine that holds End %p would wait for Slot %p: Slot is outside of End", &inner, &outer))
	assert.Regexp(t, `(?s)Slot \S+ is being taken at\n\t\S+rank\.takeOuter\n\t\t\S+checked_test\.go:\d+\n`+
		`.*End \S+ was taken at\n\t\S+rank\.takeInner\n\t\t\S+checked_test\.go:\d+\n`, text)
	require.True(t, outer.TryLock(), "it panicked before it took the lock")
	outer.Unlock()
}

func TestTwoOfOneRank(t *testing.T) {
	var a, b Mutex[Slot]
	a.Lock()
	defer a.Unlock()
	assert.Contains(t, said(t, b.Lock), "two of one rank are never held together")
	assert.Contains(t, said(t, a.Lock), "it holds this very lock")
}

// All that is held counts, not only what was taken last.
func TestAnOuterLockThatWasTriedHidesNoInnerOne(t *testing.T) {
	var registry Mutex[Registry]
	var outer Mutex[Unloading]
	var slot Mutex[Slot]
	registry.Lock()
	defer registry.Unlock()
	require.True(t, outer.TryLock())
	defer outer.Unlock()
	assert.Contains(t, said(t, slot.Lock), "Slot is outside of Registry")
}

func TestOtherGoroutinesDoNotCount(t *testing.T) {
	var inner Mutex[End]
	var outer Mutex[Slot]
	inner.Lock()
	defer inner.Unlock()
	var wg sync.WaitGroup
	wg.Go(func() {
		Unlocked()
		outer.Lock()
		outer.Unlock()
	})
	wg.Wait()
}

func TestCodeOfTheUsersRunsUnlocked(t *testing.T) {
	var slot Mutex[Slot]
	slot.Lock()
	assert.Contains(t, said(t, Unlocked), fmt.Sprintf("would run under Slot %p, taken at\n", &slot))
	slot.Unlock()
	assert.NotPanics(t, Unlocked)
}

// Goroutines that have ended leave nothing behind.
func TestNothingIsKept(t *testing.T) {
	var mu Mutex[Slot]
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { mu.Lock(); mu.Unlock() })
	}
	wg.Wait()
	held.Lock()
	defer held.Unlock()
	assert.Empty(t, held.by)
}
