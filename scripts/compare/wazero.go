package main

import (
	"bytes"
	"errors"
	"os"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// wazero runs the greeter built by Go for wasip1. A module instance is for one
// goroutine at a time, so callers take turns.
type wazeroGreeter struct {
	runtime wazero.Runtime
	memory  api.Memory

	place, result, add, greet, echo api.Function

	mu    sync.Mutex
	stack [2]uint64
}

func openWazero(f Files) (Greeter, error) { return newWazero(f) }

func newWazero(f Files) (*wazeroGreeter, error) {
	code, err := os.ReadFile(f.Wasm)
	if err != nil {
		return nil, err
	}
	r := wazero.NewRuntime(ctx)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, err
	}
	m, err := r.InstantiateWithConfig(ctx, code, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	if err != nil {
		return nil, err
	}
	return &wazeroGreeter{
		runtime: r, memory: m.Memory(),
		place: m.ExportedFunction("place"), result: m.ExportedFunction("result"),
		add: m.ExportedFunction("add"), greet: m.ExportedFunction("greet"), echo: m.ExportedFunction("echo"),
	}, nil
}

func (g *wazeroGreeter) Add(a, b int32) (int32, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stack[0], g.stack[1] = api.EncodeI32(a), api.EncodeI32(b)
	err := g.add.CallWithStack(ctx, g.stack[:])
	return api.DecodeI32(g.stack[0]), err
}

func (g *wazeroGreeter) Greet(name string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, err := g.span(g.greet, len(name), func(at uint32) bool { return g.memory.WriteString(at, name) })
	return string(b), err
}

// span calls a function with an argument of n bytes, which write puts into the
// module's memory. The result is a view of that memory, valid until the next call.
func (g *wazeroGreeter) span(fn api.Function, n int, write func(at uint32) bool) ([]byte, error) {
	stack := g.stack[:1]
	stack[0] = uint64(n)
	if err := g.place.CallWithStack(ctx, stack); err != nil {
		return nil, err
	}
	if !write(uint32(stack[0])) {
		return nil, errors.New("wazero: the argument does not fit the module's memory")
	}
	if err := fn.CallWithStack(ctx, stack); err != nil {
		return nil, err
	}
	length := uint32(stack[0])
	if err := g.result.CallWithStack(ctx, stack); err != nil {
		return nil, err
	}
	b, ok := g.memory.Read(uint32(stack[0]), length)
	if !ok {
		return nil, errors.New("wazero: the result is not in the module's memory")
	}
	return b, nil
}

func (g *wazeroGreeter) Close() error { return g.runtime.Close(ctx) }

func echoWazero(f Files) (Echo, error) {
	g, err := newWazero(f)
	if err != nil {
		return nil, err
	}
	return func(data []byte) ([]byte, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		b, err := g.span(g.echo, len(data), func(at uint32) bool { return g.memory.Write(at, data) })
		return bytes.Clone(b), err
	}, nil
}
