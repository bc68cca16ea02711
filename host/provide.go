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
	s, _, result := newService(name, reflect.TypeFor[R]())
	s.call = func(_ *Library, _, out []byte) ([]byte, error) {
		r, err := f()
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return s.option()
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
	s, params, result := newService(name, reflect.TypeFor[R](), reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C]())
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
	return s.option()
}

// Callback makes a function of the host's callable by a library that is given the
// handle, an argument like any other:
//
//	see, release, err := host.Callback(func(path string) (bool, error) { ... })
//	...
//	defer release()
//	_, err = walk(ctx, "/srv", see)
//
// which the library turns back into a function:
//
//	//hotso:export
//	func walk(root string, visit uint64) error {
//		see := cabi.Callback[string, bool](visit)
//		...
//		more, err := see(path)
//
// After release, calls fail in the library; those that are inside go on. What
// holds for functions of [Provide0] holds for f.
func Callback[A, R any](f func(A) (R, error)) (handle uint64, release func(), err error) {
	s := service1("", func(_ *Library, a A) (R, error) { return f(a) })
	if s.err != nil {
		return 0, nil, s.err
	}
	o := newOffer(&offer{services: []*service{s}})
	return o | 1, func() { offers.Delete(o) }, nil
}

func service1[A, R any](name string, f func(*Library, A) (R, error)) *service {
	s, params, result := newService(name, reflect.TypeFor[R](), reflect.TypeFor[A]())
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
	s, params, result := newService(name, reflect.TypeFor[R](), reflect.TypeFor[A](), reflect.TypeFor[B]())
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

// newService decides how the values of a service travel.
func newService(name string, result reflect.Type, params ...reflect.Type) (*service, []wire.Codec, wire.Codec) {
	s := &service{name: name}
	var codecs []wire.Codec
	for _, t := range append(params, result) {
		c, err := wire.Of(t)
		if err != nil {
			what := "host function " + name
			if name == "" {
				what = "callback"
			}
			s.err = fmt.Errorf("%w: %s: %w", ErrArgument, what, err)
		}
		codecs = append(codecs, c)
	}
	last := len(params)
	s.sig = wire.Signature(codecs[:last], codecs[last])
	return s, codecs[:last], codecs[last]
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
