package main

import (
	"context"
	"errors"

	"github.com/hotso/hotso/host"
)

// hotso's typed functions on a slot: every call goes through the gate and is contained,
// and the host needs no cgo. There are several rows, because the context matters: with
// one that can't end, a call is fastest; with one that can, as a server's requests have
// it, the call runs on a goroutine of its own, so that the caller may leave it.
type hotsoGreeter struct {
	slot  *host.Slot
	ctx   context.Context
	add   func(context.Context, int32, int32) (int32, error)
	greet func(context.Context, string) (string, error)
}

var ctx = context.Background()

func openHotso(f Files) (Greeter, error)   { return newHotso(ctx, f) }
func openBounded(f Files) (Greeter, error) { return newHotso(canEnd(), f) }
func openStaying(f Files) (Greeter, error) { return newHotso(canEnd(), f, host.Stay()) }

func canEnd() context.Context {
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(ctx, cancel) // never ends, but could
	return ctx
}

func newHotso(ctx context.Context, f Files, opts ...host.BindOption) (Greeter, error) {
	g := &hotsoGreeter{slot: host.NewSlot("greeter"), ctx: ctx}
	_, err := g.slot.Swap(ctx, f.Greeter)
	if err != nil {
		return nil, err
	}
	var errAdd, errGreet error
	g.add, errAdd = host.Func2[int32, int32, int32](g.slot, "Add", opts...)
	g.greet, errGreet = host.Func1[string, string](g.slot, "GreetName", opts...)
	return g, errors.Join(errAdd, errGreet)
}

func (g *hotsoGreeter) Add(a, b int32) (int32, error)     { return g.add(g.ctx, a, b) }
func (g *hotsoGreeter) Greet(name string) (string, error) { return g.greet(g.ctx, name) }

func (g *hotsoGreeter) Close() error {
	_, err := g.slot.Close(ctx)
	return err
}

func echoHotso(f Files) (Echo, error)   { return newEcho(ctx, f) }
func echoBounded(f Files) (Echo, error) { return newEcho(canEnd(), f) }
func echoStaying(f Files) (Echo, error) { return newEcho(canEnd(), f, host.Stay()) }

func newEcho(ctx context.Context, f Files, opts ...host.BindOption) (Echo, error) {
	lib, err := host.Open(ctx, f.Echo)
	if err != nil {
		return nil, err
	}
	echo, err := host.Func1[[]byte, []byte](lib, "Bytes", opts...)
	if err != nil {
		return nil, err
	}
	return func(data []byte) ([]byte, error) { return echo(ctx, data) }, nil
}
