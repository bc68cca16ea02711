package hosttest

import (
	"context"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/invoke"
)

// A fault is what happens to calls of a function before it runs.
type fault struct {
	hang  chan struct{} // closed when they go on
	delay time.Duration
	err   error
}

// Hang has each call of a function hang, of any version of the slot, until release, or the end of the test. It
// heeds no context, as code that is stuck. The name is that of the function, as Greet, or, of a
// contract's or an object's method, Greeter_Greet or only Greet; "" means all functions. Calls go on where they hang
// when they are released, and further ones do not hang.
func Hang(t testing.TB, slot *host.Slot, name string) (release func()) {
	t.Helper()
	return controlOf(t, slot).set(t, slot, name, &fault{hang: make(chan struct{})})
}

// Slow has each call of a function take longer, by d, or until its context ends, which is then its
// error. The rest is as with [Hang].
func Slow(t testing.TB, slot *host.Slot, name string, d time.Duration) (release func()) {
	t.Helper()
	return controlOf(t, slot).set(t, slot, name, &fault{delay: d})
}

// Fail has each call of a function fail with err, which crosses as one that the function returns: of a
// contract, its sentinels and types stay what they are. The rest is as with [Hang].
func Fail(t testing.TB, slot *host.Slot, name string, err error) (release func()) {
	t.Helper()
	return controlOf(t, slot).set(t, slot, name, &fault{err: err})
}

// set has f happen, in place of what happens to calls of that name so far, until it is released.
func (c *control) set(t testing.TB, slot *host.Slot, name string, f *fault) (release func()) {
	t.Helper()
	if lib := slot.Current(); lib != nil && name != "" {
		found := false
		for _, x := range lib.Description().Manifest.Functions {
			found = found || is(name, x.Name)
		}
		if !found {
			t.Fatalf("hosttest: v%s has no function %s", lib.Version(), name)
		}
	}
	c.mu.Lock()
	old := c.faults[name]
	c.faults[name] = f
	c.mu.Unlock()
	old.end()
	return func() {
		c.mu.Lock()
		was := c.faults[name] == f
		if was {
			delete(c.faults, name)
		}
		c.mu.Unlock()
		if was {
			f.end()
		}
	}
}

// is reports whether a function is meant by a name.
func is(name, function string) bool {
	return name == "" || name == function || strings.HasSuffix(function, "_"+name)
}

// end lets go what hangs. f may be nil.
func (f *fault) end() {
	if f != nil && f.hang != nil {
		close(f.hang)
	}
}

// release ends all faults.
func (c *control) release() {
	c.mu.Lock()
	faults := c.faults
	c.faults = map[string]*fault{}
	c.mu.Unlock()
	for _, f := range faults {
		f.end()
	}
}

// happen has happen what was set for a function, the narrowest name first.
func (c *control) happen(ctx context.Context, function string) error {
	c.mu.Lock()
	var f *fault
	longest := -1
	for name, x := range c.faults {
		if is(name, function) && len(name) > longest {
			f, longest = x, len(name)
		}
	}
	c.mu.Unlock()
	switch {
	case f == nil:
		return nil
	case f.hang != nil:
		<-f.hang
	case f.delay > 0:
		select {
		case <-time.After(f.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return f.err
}

// faulty is a function to which faults happen.
func (c *control) faulty(name string, f *invoke.BuiltinFunction) *invoke.BuiltinFunction {
	own := *f
	before := func(ctx context.Context) error {
		err := c.happen(ctx, name)
		if err != nil && f.Error != nil {
			err = f.Error(err)
		}
		return err
	}
	if f.Bytes != nil {
		own.Bytes = func(ctx context.Context, args, room []byte) ([]byte, error) {
			if err := before(ctx); err != nil {
				return nil, err
			}
			return f.Bytes(ctx, args, room)
		}
	}
	if f.Open != nil {
		own.Open = func(ctx context.Context, a *invoke.Arguments) (iter.Seq2[[]byte, error], error) {
			if err := before(ctx); err != nil {
				return nil, err
			}
			return f.Open(ctx, a)
		}
	}
	if f.Call != nil {
		own.Call = func(ctx context.Context, a *invoke.Arguments) (reflect.Value, error) {
			if err := before(ctx); err != nil {
				return reflect.Value{}, err
			}
			return f.Call(ctx, a)
		}
	}
	return &own
}
