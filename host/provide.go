package host

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi/wire"
)

var textCodec, _ = wire.Of(reflect.TypeFor[string]())

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
// Types are those of Func0, and [None] for no result; a library that means other
// types gets an error. Arguments and results are copies, the receiver's own.
//
// The function runs on the thread that called, from any number of goroutines of
// the library at the same time, and as early as in its init functions. Its error
// or panic becomes an error of the library's call. While it runs, the library
// can't be unloaded: a function that waits for a Swap or Close of its own caller
// waits for the drain timeout. It must not end its goroutine (runtime.Goexit, so
// also not testing's FailNow): the call would never end, and its version stay.
func Provide0[R any](name string, f func() (R, error)) Option {
	return service0(name, f).option()
}

// Provide1 is Provide0 for a function with one parameter.
func Provide1[A, R any](name string, f func(A) (R, error)) Option {
	return service1(name, func(_ *Library, a A) (R, error) { return f(a) }).option()
}

// Provide2 is Provide0 for a function with two parameters.
func Provide2[A, B, R any](name string, f func(A, B) (R, error)) Option {
	return service2(name, func(_ *Library, a A, b B) (R, error) { return f(a, b) }).option()
}

// Provide3 is Provide0 for a function with three parameters. More go into a
// struct.
func Provide3[A, B, C, R any](name string, f func(A, B, C) (R, error)) Option {
	return service3(name, f).option()
}

func service0[R any](name string, f func() (R, error)) *service {
	s, _, result := newService(name, reflect.TypeFor[func() R]())
	s.call = func(_ *Library, _, out []byte) ([]byte, error) {
		r, err := f()
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return s
}

func service1[A, R any](name string, f func(*Library, A) (R, error)) *service {
	s, params, result := newService(name, reflect.TypeFor[func(A) R]())
	s.call = func(lib *Library, args, out []byte) ([]byte, error) {
		var a1 A
		if _, err := params[0].Read(args, unsafe.Pointer(&a1)); err != nil {
			return nil, err
		}
		r, err := f(lib, a1)
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return s
}

func service2[A, B, R any](name string, f func(*Library, A, B) (R, error)) *service {
	s, params, result := newService(name, reflect.TypeFor[func(A, B) R]())
	s.call = func(lib *Library, args, out []byte) ([]byte, error) {
		var a1 A
		var a2 B
		args, err := params[0].Read(args, unsafe.Pointer(&a1))
		if err == nil {
			_, err = params[1].Read(args, unsafe.Pointer(&a2))
		}
		if err != nil {
			return nil, err
		}
		r, err := f(lib, a1, a2)
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return s
}

func service3[A, B, C, R any](name string, f func(A, B, C) (R, error)) *service {
	s, params, result := newService(name, reflect.TypeFor[func(A, B, C) R]())
	s.call = func(_ *Library, args, out []byte) ([]byte, error) {
		var a1 A
		var a2 B
		var a3 C
		args, err := params[0].Read(args, unsafe.Pointer(&a1))
		if err == nil {
			args, err = params[1].Read(args, unsafe.Pointer(&a2))
		}
		if err == nil {
			_, err = params[2].Read(args, unsafe.Pointer(&a3))
		}
		if err != nil {
			return nil, err
		}
		r, err := f(a1, a2, a3)
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return s
}

// newService decides how the values of a service travel: as those of func(A, B) R.
func newService(name string, types reflect.Type) (*service, []wire.Codec, wire.Codec) {
	s := &service{name: name, types: wire.FuncOf(types)}
	if err := s.types.Err; err != nil {
		what := "host function " + name
		if name == "" {
			what = "callback"
		}
		s.err = fmt.Errorf("%w: %s: %w", ErrArgument, what, err)
	}
	return s, s.types.Params, s.types.Result
}

// option offers s, which replaces one of the same name.
func (s *service) option() Option {
	return func(c *config) {
		for i, other := range c.services {
			if other.name == s.name {
				c.services[i] = s
				return
			}
		}
		c.services = append(c.services, s)
	}
}

// builtin reports a service that hotso itself defines.
func (s *service) builtin() bool { return s.name == wire.LogFunction || s.name == wire.CountFunction }

// offerServices lets the library find what the host provides.
func (l *Library) offerServices() error {
	var errs []error
	for _, s := range l.conf.services {
		errs = append(errs, s.err)
		if strings.HasPrefix(s.name, wire.Reserved) && !s.builtin() {
			errs = append(errs, fmt.Errorf("%w: host function %s: names that begin with %s are hotso's own", ErrArgument, s.name, wire.Reserved))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	l.offer = newOffer(&offer{lib: l, services: l.conf.services})
	return nil
}
