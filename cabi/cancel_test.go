//go:build cgo

package cabi

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func requireNoCalls(t *testing.T) {
	t.Helper()
	for i := range calls {
		require.Nil(t, calls[i].first)
	}
}

// Whether anybody has looked at the context before or not, it ends by a cancellation and when
// the export returns.
func TestContextEnds(t *testing.T) {
	ends := map[string]func(c *call, done func()){
		"cancelled": func(c *call, _ func()) { cancelCall(c.id) },
		"returned":  func(_ *call, done func()) { done() },
	}
	for name, end := range ends {
		for _, before := range []bool{false, true} {
			ctx, done := Context()
			child := context.Context(nil)
			if before {
				require.NoError(t, ctx.Err())
				c, cancel := context.WithCancel(ctx)
				defer cancel()
				child = c
			}
			end(ctx.(*call), done)
			require.ErrorIs(t, ctx.Err(), context.Canceled, name)
			<-ctx.Done()
			require.ErrorIs(t, context.Cause(ctx), context.Canceled)
			if child != nil {
				<-child.Done()
			}
			if name == "cancelled" {
				done()
			}
			requireNoCalls(t)
		}
	}
}

// Who says twice that a call is over disturbs no other.
func TestContextDoneTwice(t *testing.T) {
	runtime.LockOSThread() // for the same list
	defer runtime.UnlockOSThread()
	_, done := Context()
	done()
	other, otherDone := Context()
	done()
	cancelCall(other.(*call).id)
	require.ErrorIs(t, other.Err(), context.Canceled)
	otherDone()
	requireNoCalls(t)
}

// A call that a callback makes may have the name of the outer one: it is cancelled first.
func TestContextsOfNestedCalls(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	outer, outerDone := Context()
	inner, innerDone := Context()
	id := inner.(*call).id
	require.Equal(t, id, outer.(*call).id)
	cancelCall(id)
	require.Error(t, inner.Err())
	require.NoError(t, outer.Err())
	innerDone()
	cancelCall(id)
	require.Error(t, outer.Err())
	outerDone()
	cancelCall(id) // of nobody
	requireNoCalls(t)
}

// Calls end in any order.
func TestContextsOfManyCalls(t *testing.T) {
	var dones []func()
	var ctxs []context.Context
	for range 8 {
		ctx, done := Context()
		ctxs, dones = append(ctxs, ctx), append(dones, done)
	}
	for _, i := range []int{3, 0, 7, 5, 1, 6, 2, 4} {
		require.NoError(t, ctxs[i].Err())
		dones[i]()
		require.Error(t, ctxs[i].Err())
	}
	requireNoCalls(t)
}

// Package context follows it without a goroutine, as it does its own.
func TestContextNeedsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, done := Context()
		before := runtime.NumGoroutine()
		child, cancel := context.WithTimeout(ctx, 1<<40)
		assert.Equal(t, before, runtime.NumGoroutine())
		done()
		<-child.Done()
		cancel()
	})
}
