//go:build cgo

package main

// #include <dlfcn.h>
// #include <stdint.h>
// #include <stdlib.h>
//
// typedef int32_t (*add_fn)(int32_t, int32_t);
// typedef int32_t (*span_fn)(const char *, size_t, char *, size_t, size_t *);
//
// static int32_t call_add(void *fn, int32_t a, int32_t b) { return ((add_fn)fn)(a, b); }
// static int32_t call_span(void *fn, const char *in, size_t n, char *out, size_t cap, size_t *length) {
//     return ((span_fn)fn)(in, n, out, cap, length);
// }
import "C"

import (
	"errors"
	"unsafe"
)

type cgoGreeter struct{ handle, add, greet unsafe.Pointer }

func openCgo(path string) (*cgoGreeter, error) {
	handle, err := dlopen(path)
	if err != nil {
		return nil, err
	}
	return &cgoGreeter{handle, dlsym(handle, "Add"), dlsym(handle, "GreetName")}, nil
}

func (g *cgoGreeter) Add(a, b int32) (int32, error) {
	return int32(C.call_add(g.add, C.int32_t(a), C.int32_t(b))), nil
}

func (g *cgoGreeter) Close() error {
	if C.dlclose(g.handle) != 0 {
		return errors.New(C.GoString(C.dlerror()))
	}
	return nil
}

// cgoStrings greets as cgo's documentation shows it: through C memory both ways.
type cgoStrings struct{ *cgoGreeter }

func openCgoStrings(f Files) (Greeter, error) {
	g, err := openCgo(f.Copies[f.Use])
	return cgoStrings{g}, err
}

func (g cgoStrings) Greet(name string) (string, error) {
	in, out := C.CString(name), (*C.char)(C.malloc(greetingSize))
	defer C.free(unsafe.Pointer(in))
	defer C.free(unsafe.Pointer(out))
	var length C.size_t
	if status := C.call_span(g.greet, in, C.size_t(len(name)), out, greetingSize, &length); status != 0 {
		return "", errors.New("no greeting")
	}
	return C.GoStringN(out, C.int(length)), nil
}

// cgoBuffer greets with as few crossings as possible: through Go memory both ways.
type cgoBuffer struct{ *cgoGreeter }

func openCgoBuffer(f Files) (Greeter, error) {
	g, err := openCgo(f.Copies[f.Use])
	return cgoBuffer{g}, err
}

func (g cgoBuffer) Greet(name string) (string, error) {
	out, length, status := cgoSpan(g.greet, unsafe.StringData(name), len(name), greetingSize)
	return text(out, length, status)
}

func echoCgo(f Files) (Echo, error) {
	handle, err := dlopen(f.Echo)
	if err != nil {
		return nil, err
	}
	echo := dlsym(handle, "Bytes")
	return func(data []byte) ([]byte, error) {
		return sized(cgoSpan(echo, &data[0], len(data), len(data)))
	}, nil
}

func cgoSpan(fn unsafe.Pointer, in *byte, n, capacity int) ([]byte, uintptr, int32) {
	out := make([]byte, capacity)
	var length C.size_t
	status := C.call_span(fn, (*C.char)(unsafe.Pointer(in)), C.size_t(n),
		(*C.char)(unsafe.Pointer(&out[0])), C.size_t(capacity), &length)
	return out, uintptr(length), int32(status)
}

func dlopen(path string) (unsafe.Pointer, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	handle := C.dlopen(name, C.RTLD_NOW|C.RTLD_LOCAL)
	if handle == nil {
		return nil, errors.New(C.GoString(C.dlerror()))
	}
	return handle, nil
}

func dlsym(handle unsafe.Pointer, name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.dlsym(handle, s)
}
