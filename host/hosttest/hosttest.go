package hosttest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/bridge"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
)

// Name is that of the slots which New makes.
const Name = "hosttest"

// New returns a slot in which version 1 of the implementation serves. It is closed at the end of the
// test, which fails if that does.
func New(t testing.TB, implementation any, opts ...host.Option) *host.Slot {
	t.Helper()
	slot := host.NewSlot(Name, opts...)
	c := &control{faults: map[string]*fault{}}
	controls.Store(slot, c)
	t.Cleanup(func() {
		c.release()
		if _, err := slot.Close(context.Background()); err != nil {
			t.Errorf("hosttest: %v", err)
		}
		controls.Delete(slot)
	})
	Swap(t, slot, implementation)
	return slot
}

// Swap has the next version of the slot serve: 2 after 1. If it fails, the test does, at once. A test of a
// version that must be refused uses [Version].
func Swap(t testing.TB, slot *host.Slot, implementation any, hooks ...host.Hooks) *host.Swap {
	t.Helper()
	swap, err := slot.SwapTo(t.Context(), Version(t, slot, "", implementation, hooks...))
	if err != nil {
		t.Fatalf("hosttest: %v", err)
	}
	return swap
}

// Version is a version for [host.Slot.SwapTo] and [host.Slot.CanaryOf] that the functions of this package
// can act on. If text is empty, it is the next one.
func Version(t testing.TB, slot *host.Slot, text string, implementation any, hooks ...host.Hooks) host.Source {
	t.Helper()
	c := controlOf(t, slot)
	if text == "" {
		c.mu.Lock()
		c.last++
		text = strconv.Itoa(c.last)
		c.mu.Unlock()
	}
	c.follow(text)
	b, err := bridge.Builtin(host.Builtin(text, implementation, hooks...))
	if err != nil {
		t.Fatalf("hosttest: %v", err)
	}
	return bridge.Source(c.interpose(b)).(host.Source)
}

// follow has the next version be later than text.
func (c *control) follow(text string) {
	first, _, _ := strings.Cut(text, ".")
	if n, err := strconv.Atoi(first); err == nil {
		c.mu.Lock()
		c.last = max(c.last, n)
		c.mu.Unlock()
	}
}

// Crash ends the version that serves, as a panic on a goroutine of its own would end a library: callers that are
// inside get an error that is [host.ErrCrashed] and has the message, and the slot recovers as ever. When it
// returns, the version has ended; the next call waits for the recovery.
func Crash(t testing.TB, slot *host.Slot, message string) {
	t.Helper()
	c := controlOf(t, slot)
	lib := slot.Current()
	if lib == nil {
		_, err := slot.Call(t.Context(), "")
		t.Fatalf("hosttest: no version serves, see host.CrashLimit: %v", err)
	}
	target := bridge.Target(lib)
	code := c.code(target)
	if code == nil {
		t.Fatalf("hosttest: v%s is not of this package", lib.Version())
	}
	go code.Crash(message)
	target.End.Crash()
}

// controls are those of the slots that are open.
var controls sync.Map // *host.Slot to *control

// A control is what this package knows of a slot.
type control struct {
	mu     sync.Mutex
	last   int
	codes  []*invoke.Builtin
	faults map[string]*fault // by the name of the function; "" for all
}

func controlOf(t testing.TB, slot *host.Slot) *control {
	t.Helper()
	c, ok := controls.Load(slot)
	if !ok {
		t.Fatal("hosttest: the slot is not of New, or the test has ended")
	}
	return c.(*control)
}

// code is that of the version with the target; nil if it is not one of ours.
func (c *control) code(target *invoke.Target) *invoke.Builtin {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, code := range c.codes {
		if target.Is(code) {
			return code
		}
	}
	return nil
}

// interpose has the faults act on a version.
func (c *control) interpose(b *instance.Builtin) *instance.Builtin {
	own := *b
	own.Begin = func() *invoke.Builtin {
		code := b.Begin()
		code.Ejects = true
		for name, f := range code.Functions {
			code.Functions[name] = c.faulty(name, f)
		}
		c.mu.Lock()
		c.codes = append(slices.DeleteFunc(c.codes, (*invoke.Builtin).Ended), code)
		c.mu.Unlock()
		return code
	}
	return &own
}
