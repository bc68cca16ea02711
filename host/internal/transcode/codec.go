package transcode

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/schema"
)

// A codec is how the values of one type are written, on the wire and in JSON.
type codec struct {
	kind   kind
	name   string            // of the type, as the schema spells it
	bits   int               // of a number, or of one part of a complex one
	width  int               // bytes on the wire, 0 for what begins with its length
	values map[string]string // constants of the type, by name
	key    *codec
	elem   *codec
	count  int // of an array
	object *object
	of     []member // of a union
}

// A member is one type that a union may hold.
type member struct {
	name string // in JSON
	id   uint32 // on the wire
	*codec
}

type kind int

const (
	boolKind kind = iota
	intKind
	uintKind
	floatKind
	complexKind
	stringKind
	bytesKind
	rawKind // json.RawMessage
	timeKind
	errorKind
	textKind
	binaryKind
	sliceKind
	arrayKind
	mapKind
	pointerKind
	structKind
	unionKind
)

// basics are the types that mention no other.
var basics = map[string]codec{
	"bool": {kind: boolKind, width: 1},
	"int8": {kind: intKind, bits: 8, width: 1}, "uint8": {kind: uintKind, bits: 8, width: 1},
	"int16": {kind: intKind, bits: 16, width: 2}, "uint16": {kind: uintKind, bits: 16, width: 2},
	"int32": {kind: intKind, bits: 32, width: 4}, "uint32": {kind: uintKind, bits: 32, width: 4},
	"int64": {kind: intKind, bits: 64, width: 8}, "uint64": {kind: uintKind, bits: 64, width: 8},
	"int": {kind: intKind, bits: 64, width: 8}, "uint": {kind: uintKind, bits: 64, width: 8},
	"float32": {kind: floatKind, bits: 32, width: 4}, "float64": {kind: floatKind, bits: 64, width: 8},
	"complex64": {kind: complexKind, bits: 32, width: 8}, "complex128": {kind: complexKind, bits: 64, width: 16},
	"string": {kind: stringKind}, schema.Bytes: {kind: bytesKind}, schema.Time: {kind: timeKind, width: 16}, schema.Error: {kind: errorKind},
	schema.Text: {kind: textKind}, schema.Binary: {kind: binaryKind},
}

// rawMessage is the type that is JSON itself.
const rawMessage = "encoding/json.RawMessage"

// A compiler makes the codecs of a schema's types.
type compiler struct {
	schema *schema.Schema
	known  map[string]*codec
}

func (c *compiler) codec(typ string) (*codec, error) {
	if k := c.known[typ]; k != nil {
		return k, nil
	}
	shape, values, err := c.resolve(typ)
	if err != nil {
		return nil, err
	}
	k := new(codec)
	if basic, ok := basics[shape.Kind]; ok {
		*k = basic
	}
	k.name, k.values = typ, values
	c.known[typ] = k // it may mention itself
	switch shape.Kind {
	case schema.Bytes:
		if typ == rawMessage {
			k.kind = rawKind
		}
	case schema.Slice:
		k.kind = sliceKind
		k.elem, err = c.codec(shape.Elem)
	case schema.Array:
		k.kind, k.count = arrayKind, shape.Len
		k.elem, err = c.codec(shape.Elem)
	case schema.Map:
		k.kind = mapKind
		if k.key, err = c.codec(shape.Key); err == nil {
			k.elem, err = c.codec(shape.Elem)
		}
	case schema.Pointer:
		k.kind = pointerKind
		if k.elem, err = c.codec(shape.Elem); err == nil && k.pointsToItself() {
			err = fmt.Errorf("%s is nothing but pointers", typ)
		}
	case schema.Struct:
		k.kind = structKind
		k.object, err = c.object(typ)
	case schema.Union:
		k.kind = unionKind
		k.of, err = c.members(shape.Type.Of)
	default:
		if _, ok := basics[shape.Kind]; !ok {
			err = fmt.Errorf("%s is of kind %q", typ, shape.Kind)
		}
	}
	return k, err
}

// resolve takes a type apart. values are the constants of its outermost name.
func (c *compiler) resolve(typ string) (shape schema.Shape, values map[string]string, err error) {
	shape, err = c.schema.Resolve(typ)
	if err == nil && shape.Kind == schema.Named {
		values = shape.Type.Values
	}
	for err == nil && shape.Kind == schema.Named {
		shape, err = c.schema.Resolve(shape.Elem) // they end: Parse has checked that
	}
	return shape, values, err
}

// pointsToItself reports whether pointers alone lead from k to k, of which no JSON tells how many.
func (k *codec) pointsToItself() bool {
	for p := k.elem; p != nil && p.kind == pointerKind; p = p.elem {
		if p == k {
			return true
		}
	}
	return false
}

// members are the types of a union. In JSON a pointer goes by the name of what it points to, unless
// that is a member as well, and bytes by the name that everybody gives them.
func (c *compiler) members(types []string) (all []member, err error) {
	for _, typ := range types {
		m := member{name: typ, id: contract.ID(typ)}
		if pointed, ok := strings.CutPrefix(typ, "*"); ok && !slices.Contains(types, pointed) {
			m.name = pointed
		}
		m.name = strings.ReplaceAll(m.name, schema.Bytes, "[]byte")
		if m.codec, err = c.codec(typ); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// nilable reports whether null is a value.
func (k *codec) nilable() bool {
	switch k.kind {
	case bytesKind, rawKind, errorKind, sliceKind, mapKind, pointerKind, unionKind:
		return true
	}
	return false
}

// isName reports whether values can be the name of a member in an object. Maps with other keys are
// arrays of objects with the members key and value.
func (k *codec) isName() bool {
	switch k.kind {
	case intKind, uintKind, stringKind, textKind:
		return true
	}
	return false
}

// wants says what k is in JSON.
func (k *codec) wants() string {
	switch k.kind {
	case boolKind:
		return "a bool"
	case intKind, uintKind, floatKind:
		if len(k.values) > 0 {
			return "a number or the name of a constant"
		}
		return "a number"
	case complexKind:
		return "an array of two numbers"
	case bytesKind, binaryKind:
		return "a base64 string"
	case timeKind:
		return "a time such as 2006-01-02T15:04:05Z"
	case sliceKind, arrayKind:
		return "an array"
	case mapKind:
		if !k.key.isName() {
			return "an array of objects with key and value"
		}
		return "an object"
	case structKind:
		return "an object"
	case unionKind:
		return "an object with type and value"
	case pointerKind:
		return k.elem.wants()
	case rawKind:
		return "JSON"
	}
	return "a string"
}

var errTwice = errors.New("it is there twice")

// some lists names for an error, at most a few.
func some(names []string) string {
	const shown = 10
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

// constants are the names of the constants of k.
func (k *codec) constants() []string { return slices.Sorted(maps.Keys(k.values)) }
