package main

import (
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Contenders without a convention of their own for results have a buffer that is
// large enough for every greeting, in bytes.
const greetingSize = 256

type registerFunc struct {
	handle uintptr
	add    func(a, b int32) int32
	greet  func(name *byte, n uintptr, out *byte, capacity uintptr, length *uintptr) int32
}

func openRegisterFunc(f Files) (Greeter, error) {
	handle, err := purego.Dlopen(f.Copies[f.Use], purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	g := &registerFunc{handle: handle}
	purego.RegisterLibFunc(&g.add, handle, "Add")
	purego.RegisterLibFunc(&g.greet, handle, "GreetName")
	return g, nil
}

func (g *registerFunc) Add(a, b int32) (int32, error) { return g.add(a, b), nil }

func (g *registerFunc) Greet(name string) (string, error) {
	out, length := make([]byte, greetingSize), new(uintptr)
	status := g.greet(unsafe.StringData(name), uintptr(len(name)), &out[0], uintptr(len(out)), length)
	return text(out, *length, status)
}

func (g *registerFunc) Close() error { return purego.Dlclose(g.handle) }

func echoRegisterFunc(f Files) (Echo, error) {
	handle, err := purego.Dlopen(f.Echo, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	var echo func(data *byte, n uintptr, out *byte, capacity uintptr, length *uintptr) int32
	purego.RegisterLibFunc(&echo, handle, "Bytes")
	return func(data []byte) ([]byte, error) {
		out, length := make([]byte, len(data)), new(uintptr)
		status := echo(&data[0], uintptr(len(data)), &out[0], uintptr(len(out)), length)
		return sized(out, *length, status)
	}, nil
}

type syscallN struct{ handle, add, greet uintptr }

func openSyscallN(f Files) (Greeter, error) {
	handle, err := purego.Dlopen(f.Copies[f.Use], purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	add, err := purego.Dlsym(handle, "Add")
	if err != nil {
		return nil, err
	}
	greet, err := purego.Dlsym(handle, "GreetName")
	return &syscallN{handle, add, greet}, err
}

func (g *syscallN) Add(a, b int32) (int32, error) {
	sum, _, _ := purego.SyscallN(g.add, uintptr(a), uintptr(b))
	return int32(sum), nil
}

func (g *syscallN) Greet(name string) (string, error) {
	out, length := make([]byte, greetingSize), new(uintptr)
	status := span(g.greet, unsafe.StringData(name), len(name), out, length)
	return text(out, *length, status)
}

func (g *syscallN) Close() error { return purego.Dlclose(g.handle) }

func echoSyscallN(f Files) (Echo, error) {
	handle, err := purego.Dlopen(f.Echo, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	echo, err := purego.Dlsym(handle, "Bytes")
	return func(data []byte) ([]byte, error) {
		out, length := make([]byte, len(data)), new(uintptr)
		status := span(echo, &data[0], len(data), out, length)
		return sized(out, *length, status)
	}, err
}

// span calls a function that takes and returns bytes. It keeps them alive during the
// call, as purego does not.
func span(fn uintptr, in *byte, n int, out []byte, length *uintptr) int32 {
	status, _, _ := purego.SyscallN(fn, uintptr(unsafe.Pointer(in)), uintptr(n),
		uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)), uintptr(unsafe.Pointer(length)))
	runtime.KeepAlive(in)
	runtime.KeepAlive(out)
	return int32(status)
}
