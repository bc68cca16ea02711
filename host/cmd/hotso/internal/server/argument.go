package server

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/jsontext"
	"github.com/hotso/hotso/host/internal/number"
)

// An argument is the text of one JSON value. It is read once it is known which version is
// called, and so what the parameter is: what does not fit costs no memory, and a slice only
// that of its elements. It implements host.Argument.
type argument string

// ParseArgument reads one JSON value as an argument of a dynamic call.
func ParseArgument(text string) (host.Argument, error) {
	if err := jsontext.Check([]byte(text), maxDepth); err != nil {
		return nil, err
	}
	return argument(strings.TrimSpace(text)), nil
}

// maxDepth of arrays and objects is more than any parameter has: a list of arguments, and
// structs in structs (abi.Type.Fields takes 8).
const maxDepth = 16

// maxArguments is more than any function takes, as its parameters are passed in a frame of
// fixed size.
const maxArguments = 64

// parseArguments takes a JSON array apart; nothing but white space is no arguments. The
// arguments are parts of b, which must not be changed any more. cost is what they may take when they
// are read, in bytes.
func parseArguments(b []byte) (args []any, cost int64, err error) {
	text := strings.TrimSpace(unsafe.String(unsafe.SliceData(b), len(b))) // a copy would double what it takes
	if text == "" {
		return nil, 0, nil
	}
	if err := jsontext.Check(b, maxDepth); err != nil {
		return nil, 0, fmt.Errorf("the body: %w", err)
	}
	if text[0] != '[' {
		return nil, 0, errors.New(`the body is not a JSON array of arguments, such as [1, "two"]`)
	}
	n := 0
	for e := range jsontext.Elements(text) {
		if n++; n <= maxArguments {
			args = append(args, argument(e))
		}
	}
	if n > maxArguments {
		return nil, 0, fmt.Errorf("the body has %d arguments; no function takes more than %d", n, maxArguments)
	}
	values, _ := jsontext.Shape(b)
	return args, max(int64(len(text)), 8*int64(values)), nil // a value of 8 bytes can be one digit and a comma
}

// Argument implements host.Argument.
func (a argument) Argument(t abi.Type) (any, error) {
	switch c := a[0]; {
	case t.Struct():
		return a.object(t)
	case t == abi.Bytes && c == '"':
		return a.base64()
	case t.Span() && t != abi.String && t != abi.Bytes:
		return a.slice(t)
	case c == '"' && t.Float():
		s, err := a.text()
		if f, ok := notFinite[s]; ok {
			return f, err
		}
		return s, err
	case c == '"':
		return a.text()
	case c == '[':
		return nil, fmt.Errorf("an array is not of type %s", t)
	case c == '{':
		return nil, fmt.Errorf("an object is not of type %s", t)
	case c == 't', c == 'f':
		return c == 't', nil
	case c == 'n':
		return nil, nil
	}
	return json.Number(a), nil
}

var notFinite = map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)}

// text reads a string.
func (a argument) text() (s string, err error) {
	if !strings.Contains(string(a), `\`) {
		return string(a[1 : len(a)-1]), nil
	}
	err = json.Unmarshal([]byte(a), &s)
	return s, err
}

func (a argument) base64() ([]byte, error) {
	s, err := a.text()
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("[]byte is a base64 string: %w", err)
	}
	return b, nil
}

// object reads a struct: all its fields, and no other. The host reads each further.
func (a argument) object(t abi.Type) (any, error) {
	if a[0] != '{' {
		return nil, fmt.Errorf("%.80s is not of type %s", string(a), t)
	}
	types := map[string]abi.Type{}
	for _, f := range t.Fields() {
		types[f.Name] = f.Type
	}
	object := map[string]any{}
	name, isName := "", false
	for e := range jsontext.Elements(string(a)) {
		if isName = !isName; !isName {
			object[name] = argument(e)
			continue
		}
		var err error
		if name, err = argument(e).text(); err != nil {
			return nil, err
		}
		if types[name] == abi.None {
			return nil, fmt.Errorf("there is no field %.80q in %s", name, t)
		}
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("field %s is there twice", name)
		}
	}
	return object, nil
}

// elementTypes are those of slices.
var elementTypes = map[abi.Type]reflect.Type{
	abi.Int8: reflect.TypeFor[int8](), abi.Int16: reflect.TypeFor[int16](),
	abi.Int32: reflect.TypeFor[int32](), abi.Int64: reflect.TypeFor[int64](),
	abi.Uint16: reflect.TypeFor[uint16](), abi.Uint32: reflect.TypeFor[uint32](),
	abi.Uint64: reflect.TypeFor[uint64](), abi.Float32: reflect.TypeFor[float32](),
	abi.Float64: reflect.TypeFor[float64](),
}

// slice reads a slice of numbers.
func (a argument) slice(t abi.Type) (any, error) {
	if a[0] != '[' {
		return nil, fmt.Errorf("%.80s is not of type %s", string(a), t)
	}
	n := 0
	for e := range jsontext.Elements(string(a)) {
		if e[0] == '[' || e[0] == '{' {
			return nil, fmt.Errorf("element %d: %.80s is not of type %s", n, e, t.Elem())
		}
		n++
	}
	list := reflect.MakeSlice(reflect.SliceOf(elementTypes[t.Elem()]), n, n)
	i := 0
	for text := range jsontext.Elements(string(a)) {
		e := list.Index(i)
		f, special := notFinite[strings.Trim(text, `"`)]
		switch {
		case special && text[0] == '"' && e.CanFloat():
			e.SetFloat(f)
		case !number.Set(e, text):
			return nil, fmt.Errorf("element %d: %.80s is not of type %s", i, text, t.Elem())
		}
		i++
	}
	return list.Interface(), nil
}
