package gen

import (
	"go/ast"
	"go/types"
	"strings"
)

// instead says what to use in place of a type that can't cross.
func instead(t types.Type, expr ast.Expr, spelled string) string {
	if others[spelled] != "" {
		return others[spelled]
	}
	switch {
	case strings.HasPrefix(spelled, "iter.Seq"):
		return "a sequence crosses as the result only, an iter.Seq2[[]byte, error]: turn each element into bytes"
	case strings.HasPrefix(spelled, "C."):
		return "it is a type of C: use int32 or another Go type of fixed width"
	case t == nil:
		return unknown
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch u.Kind() {
		case types.Int:
			return "its width differs between machines: use int64 or int32"
		case types.Uint, types.Uintptr:
			return "its width differs between machines: use uint64 or uint32"
		case types.Complex64, types.Complex128:
			return "use two floats, or a struct of them"
		case types.UnsafePointer:
			return "use []byte, or keep the object in the library and hand out its number"
		}
		if _, ok := expr.(*ast.Ellipsis); ok {
			return "pass a slice of numbers"
		}
		return unknown
	case *types.Map:
		return "pass JSON as []byte"
	case *types.Slice:
		if e, ok := u.Elem().Underlying().(*types.Basic); ok && (e.Kind() == types.Int || e.Kind() == types.Uint) {
			return "its width differs between machines: use []int64 or []int32"
		}
		return "only numbers cross in a slice: pass JSON as []byte"
	case *types.Array:
		return "pass a slice, or a struct with a field for each element"
	case *types.Pointer:
		return "pass the value: no pointer of Go leaves its runtime"
	case *types.Signature:
		return "a function crosses as a parameter of an export only: hand out a number, and let another export call the function"
	case *types.Chan:
		return "each runtime has channels of its own: return an iter.Seq2[[]byte, error], or take a func(T) error"
	case *types.Interface:
		return "pass its data: JSON as []byte"
	}
	return unknown
}

const unknown = "only types of the library's own packages are known: convert it to one of the types that cross, " +
	"or pass JSON as []byte"

const asReader = "as the result, return it as an io.Reader or io.ReadCloser; as a parameter, pass its data, []byte"

// others are types of other packages that people are likely to use.
var others = map[string]string{
	"context.Context": "the host ends the wait by itself: leave it out",
	"time.Duration":   "pass its nanoseconds as int64",
	"time.Time":       "pass its UnixNano as int64, or text",
	"json.RawMessage": "it is a []byte: say so",
	"error":           "pass its text as a string; as the last result it crosses",
	"any":             "pass its data: JSON as []byte",
	"io.Reader":       "as a parameter pass its data, []byte; as the result it crosses",
	"io.ReadCloser":   "as a parameter pass its data, []byte; as the result it crosses",
	"io.ReadSeeker":   asReader,
	"*os.File":        asReader,
	"*bytes.Buffer":   asReader,
	"*bytes.Reader":   asReader,
	"*strings.Reader": asReader,
	"*bufio.Reader":   asReader,
	"io.Writer":       "return an io.Reader that the host copies from, or take a func([]byte) error",
}
