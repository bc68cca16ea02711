//go:build cgo

package cabi

import (
	"context"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/cabi/abi"
)

var noHooks = hooks

// withoutHooks gives a test a library that has registered none.
func withoutHooks(t *testing.T) {
	hooks = noHooks
	t.Cleanup(func() { hooks = noHooks })
}

type hook = func(context.Context) error

// kinds are the hooks that take a context, by how they are registered and run.
var kinds = map[string]struct {
	on  func(hook)
	run func(timeout int64) int32
}{
	"start":  {OnStart, hotso_go_start},
	"health": {OnHealth, hotso_go_health},
	"stop":   {OnStop, hotso_go_stop},
}

func TestNoHooks(t *testing.T) {
	withoutHooks(t)
	for name, k := range kinds {
		assert.EqualValues(t, abi.OK, k.run(0), name)
	}
}

func TestHooksRunInOrder(t *testing.T) {
	for name, want := range map[string]string{"start": "abc", "health": "abc", "stop": "cba"} {
		withoutHooks(t)
		ran := ""
		for _, letter := range []string{"a", "b", "c"} {
			kinds[name].on(func(context.Context) error { ran += letter; return nil })
		}
		assert.EqualValues(t, abi.OK, kinds[name].run(0))
		assert.Equal(t, want, ran, name)
		assert.EqualValues(t, abi.OK, kinds[name].run(int64(time.Minute)))
		assert.Equal(t, want+want, ran, "%s again", name)
	}
}

func TestHookThatFailsEndsTheRound(t *testing.T) {
	for name, k := range kinds {
		for what, c := range map[string]struct {
			fail    hook
			kind    int
			message string
		}{
			"error": {func(context.Context) error { return errBroken }, abi.Error, "broken"},
			"panic": {func(context.Context) error { panic("boom") }, abi.Panic, "panic: boom"},
		} {
			withoutHooks(t)
			ran := 0
			count := func(context.Context) error { ran++; return nil }
			k.on(count)
			k.on(c.fail)
			k.on(count)
			assertFails(t, c.kind, c.message, k.run(int64(time.Minute)))
			assert.Equal(t, 1, ran, "%s, %s", name, what)
		}
	}
}

func TestHookThatOutlivesItsTime(t *testing.T) {
	for name, k := range kinds {
		withoutHooks(t)
		release, left := make(chan struct{}), make(chan struct{})
		k.on(func(context.Context) error { defer close(left); <-release; return nil })
		assertFails(t, abi.Timeout, "the "+name+" hook did not end within 1ms", k.run(int64(time.Millisecond)))
		close(release)
		<-left
	}
}

func TestHookThatHeedsItsDeadlineTimesOutEveryTime(t *testing.T) {
	withoutHooks(t)
	OnStart(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	for range 50 {
		assertFails(t, abi.Timeout, "did not end", hotso_go_start(int64(time.Microsecond)))
	}
}

func TestHookContext(t *testing.T) {
	withoutHooks(t)
	var got context.Context
	limited := false
	OnStart(func(ctx context.Context) error { got = ctx; _, limited = ctx.Deadline(); return ctx.Err() })
	assert.EqualValues(t, abi.OK, hotso_go_start(0))
	assert.False(t, limited)
	assert.Error(t, got.Err(), "it ends with the hook")
	assert.EqualValues(t, abi.OK, hotso_go_start(int64(time.Minute)))
	assert.True(t, limited)
	assert.Error(t, got.Err())
}

func save(c *caller) int32 {
	return hotso_go_save(0, unsafe.Pointer(&c.memory[0]), c.capacity, unsafe.Pointer(&c.length))
}

func restore(state []byte) int32 {
	return hotso_go_restore(0, unsafe.Pointer(unsafe.SliceData(state)), uintptr(len(state)))
}

func TestSaveAndRestore(t *testing.T) {
	withoutHooks(t)
	var state []byte
	OnSave(func() ([]byte, error) { return state, nil })
	OnRestore(func(b []byte) error { state = b; return nil })

	given := []byte("count=3")
	assert.EqualValues(t, abi.OK, restore(given))
	copy(given, "spoiled")
	c := newCaller(16)
	assert.EqualValues(t, abi.OK, save(c))
	assert.Equal(t, "count=3", c.text(), "the library has its own copy")

	status := save(newCaller(3))
	assert.EqualValues(t, abi.TooSmall, abi.Kind(status))
	assertTakes(t, "count=3", status)

	assert.EqualValues(t, abi.OK, restore([]byte{}))
	assert.Empty(t, state)
}

func TestWhetherThereIsAState(t *testing.T) {
	withoutHooks(t)
	ask := func() (saves, restores int32) {
		return hotso_go_save(0, nil, 0, nil), hotso_go_restore(0, nil, 0)
	}
	saves, restores := ask()
	assert.EqualValues(t, abi.NoState, saves)
	assert.EqualValues(t, abi.NoState, restores)
	OnSave(func() ([]byte, error) { panic("only asked") })
	OnRestore(func([]byte) error { panic("only asked") })
	saves, restores = ask()
	assert.EqualValues(t, abi.OK, saves)
	assert.EqualValues(t, abi.OK, restores)
}

func TestSaveAndRestoreWithinTheirTime(t *testing.T) {
	withoutHooks(t)
	release := make(chan struct{})
	defer close(release)
	OnSave(func() ([]byte, error) { <-release; return nil, nil })
	OnRestore(func([]byte) error { <-release; return nil })
	c, state := newCaller(8), []byte("state")
	assertFails(t, abi.Timeout, "the save hook did not end",
		hotso_go_save(int64(time.Millisecond), unsafe.Pointer(&c.memory[0]), c.capacity, unsafe.Pointer(&c.length)))
	assertFails(t, abi.Timeout, "the restore hook did not end",
		hotso_go_restore(int64(time.Millisecond), unsafe.Pointer(&state[0]), 5))
}

func TestSaveAndRestoreThatFail(t *testing.T) {
	withoutHooks(t)
	assert.EqualValues(t, abi.NoState, save(newCaller(1)))
	assert.EqualValues(t, abi.NoState, restore([]byte{}))

	OnSave(func() ([]byte, error) { return nil, errBroken })
	OnRestore(func([]byte) error { return errBroken })
	assertFails(t, abi.Error, "broken", save(newCaller(1)))
	assertFails(t, abi.Error, "broken", restore([]byte{}))

	OnSave(func() ([]byte, error) { panic("boom") })
	OnRestore(func([]byte) error { panic("boom") })
	assertFails(t, abi.Panic, "boom", save(newCaller(1)))
	assertFails(t, abi.Panic, "boom", restore([]byte{}))
}
