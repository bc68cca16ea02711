package host

import "github.com/hotso/hotso/host/internal/invoke"

// Provide0 offers libraries a function of the host's under a name.
//
//	slot := host.NewSlot("shop", host.Provide1("Price", func(item string) (float64, error) {
//		...
//	}))
//
// A library calls it as
//
//	var price = cabi.Host1[string, float64]("Price")
//	...
//	p, err := price("tea")
//
// Types are those of Func0, and [None] for no result; a library that uses other
// types gets an error. Arguments and results are copies, the receiver's own.
//
// The function runs on the thread that called, from any number of goroutines of
// the library at the same time, and as early as in its init functions. Its error
// or panic becomes an error of the library's call. While it runs, the library
// can't be unloaded: a function that waits for a Swap or Close of its own caller
// waits for the drain timeout. If it ends its goroutine (runtime.Goexit, so also
// testing's FailNow), a call from one of the library's own goroutines fails as with a
// panic. During a call that the host made into the library, it ends the goroutine of that
// caller, as it would without a library in between, or, if that has a limit or a context that
// can end, the call, which is [ErrHung] then. Either way the call never leaves, and its
// version stays loaded. So do not do it there.
func Provide0[R any](name string, f func() (R, error)) Option {
	return provide(invoke.Import0(name, f))
}

// Provide1 is Provide0 for a function with one parameter.
func Provide1[A, R any](name string, f func(A) (R, error)) Option {
	return provide(invoke.Import1(name, func(_ *invoke.Target, a A) (R, error) { return f(a) }))
}

// Provide2 is Provide0 for a function with two parameters.
func Provide2[A, B, R any](name string, f func(A, B) (R, error)) Option {
	return provide(invoke.Import2(name, func(_ *invoke.Target, a A, b B) (R, error) { return f(a, b) }))
}

// Provide3 is Provide0 for a function with three parameters. More go into a
// struct.
func Provide3[A, B, C, R any](name string, f func(A, B, C) (R, error)) Option {
	return provide(invoke.Import3(name, f))
}

// provide offers imp to libraries, in place of any other of the same name.
func provide(imp *invoke.Import) Option {
	return func(c *config) { c.Instance.Imports = invoke.AddImport(c.Instance.Imports, imp) }
}
