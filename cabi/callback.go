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
// hotso gen writes that for a parameter of type func(path string) (bool, error). The
// result type of one that returns only an error is [None].
//
// The function may be called from any goroutine, and from several at the same time. It
// is valid for as long as the host says, usually until the call that brought the handle
// returns; after that it returns an error, as it does if the handle is 0. Types and
// errors are those of [Host1]. Making it costs two allocations, and its first call goes
// to the host twice, because the types are compared there.
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

func newCallback(handle uint64, types reflect.Type) *hostFunc {
	f := newHostFunc("", types)
	f.callback, f.given = true, handle
	return f
}
