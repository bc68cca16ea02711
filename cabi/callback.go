//go:build cgo

package cabi

import "reflect"

// Callback1 is the function behind a handle that the host passed as an argument
// (host.Callback1), with these types:
//
//	//hotso:export
//	func walk(root string, visit uint64) error {
//		see := cabi.Callback1[string, bool](visit)
//		...
//		more, err := see(path)
//
// hotso gen writes that for a parameter of type func(path string) (bool, error).
//
// It may be called from any goroutine, at the same time, and is valid as long as
// the host says, which is mostly the call that brought it; afterwards it fails, as
// one does whose handle is 0. Types and errors are those of [Host1]. To make it costs
// two allocations, three with CallbackErr1, and its first call goes to the host twice:
// the types are compared there.
func Callback1[A, R any](handle uint64) func(A) (R, error) {
	return host1[A, R](newCallback(handle, reflect.TypeFor[func(A) R]()))
}

// Callback0 is [Callback1] for a function without parameters.
func Callback0[R any](handle uint64) func() (R, error) {
	return host0[R](newCallback(handle, reflect.TypeFor[func() R]()))
}

// Callback2 is [Callback1] for a function with two parameters.
func Callback2[A, B, R any](handle uint64) func(A, B) (R, error) {
	return host2[A, B, R](newCallback(handle, reflect.TypeFor[func(A, B) R]()))
}

// Callback3 is [Callback1] for a function with three parameters. More go into a
// struct.
func Callback3[A, B, C, R any](handle uint64) func(A, B, C) (R, error) {
	return host3[A, B, C, R](newCallback(handle, reflect.TypeFor[func(A, B, C) R]()))
}

// CallbackErr0 is [Callback0] for a function that returns an error only.
func CallbackErr0(handle uint64) func() error {
	f := Callback0[None](handle)
	return func() error { _, err := f(); return err }
}

// CallbackErr1 is [Callback1] for a function that returns an error only.
func CallbackErr1[A any](handle uint64) func(A) error {
	f := Callback1[A, None](handle)
	return func(a A) error { _, err := f(a); return err }
}

// CallbackErr2 is [Callback2] for a function that returns an error only.
func CallbackErr2[A, B any](handle uint64) func(A, B) error {
	f := Callback2[A, B, None](handle)
	return func(a A, b B) error { _, err := f(a, b); return err }
}

// CallbackErr3 is [Callback3] for a function that returns an error only.
func CallbackErr3[A, B, C any](handle uint64) func(A, B, C) error {
	f := Callback3[A, B, C, None](handle)
	return func(a A, b B, c C) error { _, err := f(a, b, c); return err }
}

func newCallback(handle uint64, types reflect.Type) *hostFunc {
	f := newHostFunc("", types)
	f.callback, f.given = true, handle
	return f
}
