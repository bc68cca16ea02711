package invoke

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/host/life"
)

var textCodec, _ = wire.Of(reflect.TypeFor[string]())

// Import0 is a function of the host's without parameters that libraries find by name, or
// that is lent to one as a callback.
func Import0[R any](name string, f func() (R, error)) *Import {
	imp, _, result := newImport(name, reflect.TypeFor[func() R]())
	imp.call = func(_ *Target, _, out []byte) ([]byte, error) {
		r, err := f()
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return imp
}

// Import1 is Import0 for a function with one parameter. Its first argument is the caller: nil for a
// callback.
func Import1[A, R any](name string, f func(*Target, A) (R, error)) *Import {
	imp, params, result := newImport(name, reflect.TypeFor[func(A) R]())
	imp.call = func(t *Target, args, out []byte) ([]byte, error) {
		var a1 A
		if _, err := params[0].Read(args, unsafe.Pointer(&a1)); err != nil {
			return nil, err
		}
		r, err := f(t, a1)
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return imp
}

// Import2 is Import1 for a function with two parameters.
func Import2[A, B, R any](name string, f func(*Target, A, B) (R, error)) *Import {
	imp, params, result := newImport(name, reflect.TypeFor[func(A, B) R]())
	imp.call = func(t *Target, args, out []byte) ([]byte, error) {
		var a1 A
		var a2 B
		args, err := params[0].Read(args, unsafe.Pointer(&a1))
		if err == nil {
			_, err = params[1].Read(args, unsafe.Pointer(&a2))
		}
		if err != nil {
			return nil, err
		}
		r, err := f(t, a1, a2)
		if err != nil {
			return nil, err
		}
		return result.Append(out, unsafe.Pointer(&r)), nil
	}
	return imp
}

// Import3 is Import0 for a function with three parameters.
func Import3[A, B, C, R any](name string, f func(A, B, C) (R, error)) *Import {
	imp, params, result := newImport(name, reflect.TypeFor[func(A, B, C) R]())
	imp.call = func(_ *Target, args, out []byte) ([]byte, error) {
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
	return imp
}

// newImport decides how the values of an import travel: as those of func(A, B) R.
func newImport(name string, types reflect.Type) (*Import, []wire.Codec, wire.Codec) {
	imp := &Import{Name: name, types: wire.FuncOf(types)}
	if err := imp.types.Err; err != nil {
		what := "host function " + name
		if name == "" {
			what = "callback"
		}
		imp.err = fmt.Errorf("%w: %s: %w", life.ErrArgument, what, err)
	}
	return imp, imp.types.Params, imp.types.Result
}

// AddImport appends imp to list, or puts it in place of one of the same name.
func AddImport(list []*Import, imp *Import) []*Import {
	for i, other := range list {
		if other.Name == imp.Name {
			list[i] = imp
			return list
		}
	}
	return append(list, imp)
}

// builtin reports an import that hotso itself defines.
func (imp *Import) builtin() bool {
	switch imp.Name {
	case wire.LogFunction, wire.CountFunction, wire.HandOverFunction, wire.WithdrawFunction, wire.InheritFunction, wire.TakenFunction:
		return true
	}
	return false
}

// CheckImports says which of them can't be called by any library.
func CheckImports(list []*Import) error {
	var errs []error
	for _, imp := range list {
		errs = append(errs, imp.err)
		if strings.HasPrefix(imp.Name, wire.Reserved) && !imp.builtin() {
			errs = append(errs, fmt.Errorf("%w: host function %s: names that begin with %s are hotso's own",
				life.ErrArgument, imp.Name, wire.Reserved))
		}
	}
	return errors.Join(errs...)
}

// Lend makes imp callable by its handle until it is released. isNil says that its
// function is nil.
func (imp *Import) Lend(isNil bool) (handle uint64, release func(), err error) {
	switch {
	case imp.err != nil:
		return 0, nil, imp.err
	case isNil:
		return 0, nil, fmt.Errorf("%w: callback: the %s is nil", life.ErrArgument, imp.types.Signature)
	}
	table := (&importTable{imports: []*Import{imp}}).add()
	return table | 1, func() { importTables.Delete(table) }, nil
}
