package host

import "github.com/hotso/hotso/host/internal/invoke"

// Callback1 makes a function of the host's callable by a library that is given the
// handle, an argument like any other:
//
//	see, release, err := host.Callback1(func(path string) (bool, error) { ... })
//	...
//	defer release()
//	_, err = walk(ctx, "/srv", see)
//
// which the library turns back into a function:
//
//	//hotso:export
//	func walk(root string, visit uint64) error {
//		see := cabi.Callback1[string, bool](visit)
//		...
//		more, err := see(path)
//
// hotso gen writes both for a parameter of type func(path string) (bool, error). The
// result type of one that returns only an error is [None].
//
// The library may call f on any thread, and on several at the same time. After release
// new calls of f fail; those under way go on. So release it when the call that f
// was for has returned, even with [ErrHung]. The rules for functions of [Provide0]
// are also those for f; a nil f is [ErrArgument]. A handle costs the host eight
// allocations, and its first call one more: pass one handle to many calls where
// that counts.
func Callback1[A, R any](f func(A) (R, error)) (handle uint64, release func(), err error) {
	return invoke.Import1("", func(_ *invoke.Target, a A) (R, error) { return f(a) }).Lend(f == nil)
}

// Callback0 is [Callback1] for a function without parameters.
func Callback0[R any](f func() (R, error)) (handle uint64, release func(), err error) {
	return invoke.Import0("", f).Lend(f == nil)
}

// Callback2 is [Callback1] for a function with two parameters.
func Callback2[A, B, R any](f func(A, B) (R, error)) (handle uint64, release func(), err error) {
	return invoke.Import2("", func(_ *invoke.Target, a A, b B) (R, error) { return f(a, b) }).Lend(f == nil)
}

// Callback3 is [Callback1] for a function with three parameters. More go into a
// struct.
func Callback3[A, B, C, R any](f func(A, B, C) (R, error)) (handle uint64, release func(), err error) {
	return invoke.Import3("", f).Lend(f == nil)
}
