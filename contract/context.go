package contract

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// MaxCarried is how many values of a context cross.
	MaxCarried = 16
	// MaxCarriedBytes is how long each of them may be; a longer one stays behind.
	MaxCarriedBytes = 4096
)

// A carrier brings one value of a context along.
type carrier struct {
	name string
	get  func(context.Context) (string, bool)
	set  func(context.Context, string) context.Context
}

var carriers atomic.Pointer[[]carrier]

// Carry has contexts bring a value to the other side, under a name: get reads it from the
// caller's context, and set puts it into that of the implementation. Both sides call Carry,
// in an init function; that of the contract package is the place for it. A value that
// only one of them carries stays behind. It is how the context of a trace gets across:
//
//	contract.Carry("traceparent", traceParent, withTraceParent)
func Carry(name string, get func(context.Context) (string, bool), set func(context.Context, string) context.Context) {
	for {
		old := carriers.Load()
		var list []carrier
		if old != nil {
			list = append(list, *old...)
		}
		list = append(list, carrier{name, get, set})
		if carriers.CompareAndSwap(old, &list) {
			return
		}
	}
}

// putContext writes what of ctx crosses: the time that is left, 0 if there is no deadline,
// and the carried values. That ctx ends before its deadline, the host tells.
func putContext(e *Encoder, ctx context.Context) {
	left := int64(0)
	if deadline, ok := ctx.Deadline(); ok {
		left = max(int64(time.Until(deadline)), 1)
	}
	e.Int64(left)
	list := carriers.Load()
	if list == nil {
		e.Nil()
		return
	}
	at, count := e.List(0), uint32(0)
	for _, c := range *list {
		if v, ok := c.get(ctx); ok && len(v) <= MaxCarriedBytes && count < MaxCarried {
			e.String(c.name)
			e.String(v)
			count++
		}
	}
	patch(e, at, count)
	e.End(at)
}

// readContext is the context of the implementation.
func readContext(ctx context.Context, d *Decoder) (context.Context, context.CancelFunc) {
	cancel := context.CancelFunc(func() {})
	if left := d.Int64(); left != 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(left))
	}
	count, outer, ok := d.List(8, 0)
	if !ok {
		return ctx, cancel
	}
	if count > MaxCarried {
		d.Fail("%d values of a context, at most %d", count, MaxCarried)
	}
	for range min(count, MaxCarried) {
		name, v := d.Raw(), d.Raw()
		if list := carriers.Load(); list != nil && len(v) <= MaxCarriedBytes {
			for _, c := range *list {
				if c.name == string(name) {
					ctx = c.set(ctx, string(v))
				}
			}
		}
	}
	d.End(outer)
	return ctx, cancel
}
