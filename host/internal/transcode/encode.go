package transcode

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/jsontext"
	"github.com/hotso/hotso/host/internal/number"
	"github.com/hotso/hotso/host/internal/schema"
)

// Arguments returns the bytes of a call: what of ctx crosses, which is the time that is left, and the
// arguments. They are an array in the order of the parameters, or an object by their names, in which
// those that may be nil can be left out; none are no value at all. Of what is wrong it returns an *Error.
func (m *Method) Arguments(ctx context.Context, args jsontext.Value) ([]byte, error) {
	list, err := m.list(args)
	if err != nil {
		return nil, &Error{err: err}
	}
	var e encoder
	e.context(ctx)
	for i, p := range m.Params {
		if !list[i].Exists() {
			e.Nil()
			continue
		}
		if err := e.value(p.codec, list[i]); err != nil {
			return nil, in(err, p.label(i))
		}
	}
	if err := e.Err(); err != nil {
		return nil, &Error{err: err}
	}
	return e.Bytes(), nil
}

// list returns the arguments in the order of the parameters.
func (m *Method) list(args jsontext.Value) ([]jsontext.Value, error) {
	if !args.Exists() {
		args, _ = jsontext.Parse([]byte("[]"), 1)
	}
	switch args.Kind() {
	case jsontext.Array:
		list := make([]jsontext.Value, 0, len(m.Params))
		n := 0
		for v := range args.Elements() {
			if n++; n <= len(m.Params) {
				list = append(list, v)
			}
		}
		if n != len(m.Params) {
			return nil, fmt.Errorf("%s takes %d arguments, not %d: (%s)", m.Name, len(m.Params), n, m.Parameters())
		}
		return list, nil
	case jsontext.Object:
		return m.named(args)
	}
	return nil, fmt.Errorf("the arguments are an array, or an object by the names of the parameters (%s), not %s", m.Parameters(), args.Kind())
}

// named returns the arguments that an object has.
func (m *Method) named(args jsontext.Value) ([]jsontext.Value, error) {
	list := make([]jsontext.Value, len(m.Params))
	for name, v := range args.Members() {
		i := slices.IndexFunc(m.Params, func(p Param) bool { return p.HasName() && p.Name == name })
		switch {
		case i < 0:
			return nil, fmt.Errorf("%s has no parameter %.80q: (%s)", m.Name, name, m.Parameters())
		case list[i].Exists():
			return nil, in(errTwice, name)
		}
		list[i] = v
	}
	for i, p := range m.Params {
		switch {
		case list[i].Exists():
		case !p.HasName():
			return nil, fmt.Errorf("parameter %d of %s has no name: give the arguments as an array", i+1, m.Name)
		case !p.codec.nilable():
			return nil, in(fmt.Errorf("%s is wanted, and it is missing", p.codec.wants()), p.Name)
		}
	}
	return list, nil
}

// Parameters are those of m as in Go: a int, b string.
func (m *Method) Parameters() string {
	var list []string
	for _, p := range m.Params {
		list = append(list, schema.Param{Name: p.Name, Type: p.Type}.String())
	}
	return strings.Join(list, ", ")
}

// HasName reports whether arguments can be given by name.
func (p Param) HasName() bool { return p.Name != "" && p.Name != "_" }

func (p Param) label(i int) string {
	if p.HasName() {
		return p.Name
	}
	return fmt.Sprintf("argument %d", i+1)
}

// An encoder reads JSON and writes the wire.
type encoder struct {
	contract.Encoder
	found []found // members of the objects that are being read, the innermost last
	keys  []span  // and the keys of the maps
}

// A span is what of the bytes a key takes.
type span struct{ begin, end int }

// A found member of an object.
type found struct {
	no    int // of the object's members
	value jsontext.Value
}

// context writes what precedes the arguments. No values of a context are known here.
func (e *encoder) context(ctx context.Context) {
	left := int64(0)
	if deadline, ok := ctx.Deadline(); ok {
		left = max(int64(time.Until(deadline)), 1)
	}
	e.Int64(left)
	e.Nil()
}

// setCount changes the count of the list that began at at.
func (e *encoder) setCount(at, count int) {
	binary.LittleEndian.PutUint32(e.Bytes()[at:], uint32(count))
}

func mismatch(c *codec, v jsontext.Value) error {
	return fmt.Errorf("%s is wanted, not %s", c.wants(), v.Kind())
}

func (e *encoder) value(c *codec, v jsontext.Value) error {
	kind := v.Kind()
	if kind == jsontext.Null {
		if !c.nilable() {
			return mismatch(c, v)
		}
		e.Nil()
		return nil
	}
	switch c.kind {
	case boolKind:
		if kind == jsontext.Bool {
			e.Bool(v.Bool())
			return nil
		}
	case intKind, uintKind, floatKind:
		return e.number(c, v)
	case complexKind:
		return e.complex(c, v)
	case rawKind:
		e.ByteSlice([]byte(v.Text()))
		return nil
	case sliceKind, arrayKind:
		return e.list(c, v)
	case mapKind:
		if c.key.isName() {
			return e.namedMap(c, v)
		}
		return e.pairs(c, v)
	case pointerKind:
		at := e.Begin()
		err := e.value(c.elem, v)
		e.End(at)
		return err
	case structKind:
		if kind == jsontext.Object {
			return e.object(c, v)
		}
	case unionKind:
		if kind == jsontext.Object {
			return e.union(c, v)
		}
	default:
		if kind == jsontext.String {
			return e.text(c, v.Unquoted())
		}
	}
	return mismatch(c, v)
}

// text writes what is a string in JSON.
func (e *encoder) text(c *codec, s string) error {
	switch c.kind {
	case stringKind:
		e.String(s)
	case textKind:
		e.Marshaled([]byte(s), nil)
	case bytesKind, binaryKind:
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return fmt.Errorf("%s is wanted: %w", c.wants(), err)
		}
		if c.kind == bytesKind {
			e.ByteSlice(b)
		} else {
			e.Marshaled(b, nil)
		}
	case timeKind:
		var t time.Time
		if t.UnmarshalText([]byte(s)) != nil {
			return fmt.Errorf("%s is wanted, not %q", c.wants(), clip(s))
		}
		e.Time(t)
	case errorKind:
		if len(s) > contract.MaxErrorText {
			return fmt.Errorf("the text of an error takes at most %d bytes", contract.MaxErrorText)
		}
		at := e.Begin()
		e.Uint8(treeText)
		e.String(s)
		e.End(e.List(0))
		e.End(at)
	}
	return nil
}

// number writes a number, which may also be the name of a constant, or a float that JSON has no
// number for.
func (e *encoder) number(c *codec, v jsontext.Value) error {
	text := v.Text()
	switch v.Kind() {
	case jsontext.Number:
	case jsontext.String:
		name := v.Unquoted()
		if f, ok := jsontext.Float(name); ok && c.kind == floatKind {
			e.float(f, c.bits)
			return nil
		}
		value, ok := c.values[name]
		if !ok && len(c.values) > 0 {
			return fmt.Errorf("%s has no constant %q; it has %s", c.name, clip(name), some(c.constants()))
		} else if !ok {
			return mismatch(c, v)
		}
		text = value
	default:
		return mismatch(c, v)
	}
	if !e.numeral(c, text) {
		return fmt.Errorf("%s is not of type %s", clip(text), c.name)
	}
	return nil
}

// numeral writes the number that text is; it reports whether c holds it.
func (e *encoder) numeral(c *codec, text string) bool {
	switch c.kind {
	case intKind:
		n, ok := number.Int(text, c.bits)
		e.bits(uint64(n), c.width)
		return ok
	case uintKind:
		n, ok := number.Uint(text, c.bits)
		e.bits(n, c.width)
		return ok
	}
	over, under, isFraction := strings.Cut(text, "/") // so constants are written
	f, ok := number.Float(over, c.bits)
	if isFraction {
		d, isNumber := number.Float(under, c.bits)
		f, ok = f/d, ok && isNumber
	}
	e.float(f, c.bits)
	return ok
}

// bits writes an integer of that many bytes.
func (e *encoder) bits(n uint64, width int) {
	switch width {
	case 1:
		e.Uint8(uint8(n))
	case 2:
		e.Uint16(uint16(n))
	case 4:
		e.Uint32(uint32(n))
	case 8:
		e.Uint64(n)
	}
}

func (e *encoder) float(f float64, bits int) {
	if bits == 32 {
		e.Float32(float32(f))
	} else {
		e.Float64(f)
	}
}

// complex writes the real part and the imaginary part.
func (e *encoder) complex(c *codec, v jsontext.Value) error {
	if v.Kind() != jsontext.Array {
		return mismatch(c, v)
	}
	part := basics["float32"]
	if c.bits == 64 {
		part = basics["float64"]
	}
	part.name = c.name
	n := 0
	for p := range v.Elements() {
		if n++; n > 2 {
			break
		}
		if err := e.number(&part, p); err != nil {
			return inElement(err, n-1)
		}
	}
	if n != 2 {
		return fmt.Errorf("%s is wanted", c.wants())
	}
	return nil
}

// list writes a slice or an array.
func (e *encoder) list(c *codec, v jsontext.Value) error {
	if v.Kind() != jsontext.Array {
		return mismatch(c, v)
	}
	at, n := e.List(0), 0
	for element := range v.Elements() {
		if err := e.value(c.elem, element); err != nil {
			return inElement(err, n)
		}
		n++
	}
	if c.kind == arrayKind && n != c.count {
		return fmt.Errorf("an array of %d elements is wanted, not of %d", c.count, n)
	}
	e.setCount(at, n)
	e.End(at)
	return nil
}

// namedMap writes a map that is an object.
func (e *encoder) namedMap(c *codec, v jsontext.Value) error {
	if v.Kind() != jsontext.Object {
		return mismatch(c, v)
	}
	at, base := e.List(0), len(e.keys)
	for name, element := range v.Members() {
		begin := len(e.Bytes())
		err := e.key(c.key, name)
		e.keys = append(e.keys, span{begin, len(e.Bytes())})
		if err == nil {
			err = e.value(c.elem, element)
		}
		if err != nil {
			return inEntry(err, name)
		}
	}
	return e.endMap(at, base)
}

// endMap ends a map, whose keys are those from base on.
func (e *encoder) endMap(at, base int) error {
	b, keys := e.Bytes(), e.keys[base:]
	compare := func(x, y span) int { return bytes.Compare(b[x.begin:x.end], b[y.begin:y.end]) }
	slices.SortFunc(keys, compare)
	for i := 1; i < len(keys); i++ {
		if compare(keys[i-1], keys[i]) == 0 {
			return errors.New("a key is there twice")
		}
	}
	e.setCount(at, len(keys))
	e.End(at)
	e.keys = e.keys[:base]
	return nil
}

// key writes the key of a map that is the name of a member.
func (e *encoder) key(c *codec, name string) error {
	if c.kind == stringKind || c.kind == textKind {
		return e.text(c, name)
	}
	text := name
	if value, ok := c.values[name]; ok {
		text = value
	}
	if !e.numeral(c, text) {
		return fmt.Errorf("a key that is a number of type %s is wanted", c.name)
	}
	return nil
}

// pairs writes a map that is an array of objects with key and value.
func (e *encoder) pairs(c *codec, v jsontext.Value) error {
	if v.Kind() != jsontext.Array {
		return mismatch(c, v)
	}
	at, base, n := e.List(0), len(e.keys), 0
	for element := range v.Elements() {
		begin := len(e.Bytes())
		p, err := pair(c, element, "key", "value")
		if err == nil {
			if err = e.value(c.key, p[0]); err != nil {
				err = inField(err, "key")
			}
		}
		e.keys = append(e.keys, span{begin, len(e.Bytes())})
		if err == nil {
			if err = e.value(c.elem, p[1]); err != nil {
				err = inField(err, "value")
			}
		}
		if err != nil {
			return inElement(err, n)
		}
		n++
	}
	return e.endMap(at, base)
}

// pair returns the members of an object that has two.
func pair(c *codec, v jsontext.Value, first, second string) (p [2]jsontext.Value, err error) {
	if v.Kind() != jsontext.Object {
		return p, mismatch(c, v)
	}
	for name, member := range v.Members() {
		i := slices.Index([]string{first, second}, name)
		switch {
		case i < 0:
			return p, inField(fmt.Errorf("there is no such field; %s and %s are wanted", first, second), name)
		case p[i].Exists():
			return p, inField(errTwice, name)
		}
		p[i] = member
	}
	if !p[0].Exists() || !p[1].Exists() {
		return p, fmt.Errorf("%s and %s are wanted", first, second)
	}
	return p, nil
}

// union writes a value of one of several types.
func (e *encoder) union(c *codec, v jsontext.Value) error {
	p, err := pair(c, v, "type", "value")
	if err != nil {
		return err
	}
	if p[0].Kind() != jsontext.String {
		return inField(fmt.Errorf("a string is wanted, not %s", p[0].Kind()), "type")
	}
	name := p[0].Unquoted()
	i := slices.IndexFunc(c.of, func(m member) bool { return m.name == name })
	if i < 0 {
		var names []string
		for _, m := range c.of {
			names = append(names, m.name)
		}
		return inField(fmt.Errorf("%s has no type %q; it has %s", c.name, clip(name), some(names)), "type")
	}
	at := e.Begin()
	e.Uint32(c.of[i].id)
	if err := e.value(c.of[i].codec, p[1]); err != nil {
		return inField(err, "value")
	}
	e.End(at)
	return nil
}

// object writes a struct, of which only the fields that are there: the others are zero.
func (e *encoder) object(c *codec, v jsontext.Value) error {
	base := len(e.found)
	for name, member := range v.Members() {
		i, ok := c.object.byName[name]
		if !ok {
			return inField(c.noField(), name)
		}
		e.found = append(e.found, found{i, member})
	}
	present := e.found[base:]
	slices.SortFunc(present, func(a, b found) int { return cmp.Compare(a.no, b.no) })
	at := e.Begin()
	err := e.members(c.object, present, 0)
	e.End(at)
	e.found = e.found[:base]
	return err
}

// noField says which fields there are.
func (k *codec) noField() error {
	names := slices.Sorted(maps.Keys(k.object.byName))
	if len(names) == 0 {
		return fmt.Errorf("there is no such field: %s has none", k.name)
	}
	return fmt.Errorf("there is no such field: %s has %s", k.name, some(names))
}

// members writes members of an object, which are inside depth embedded structs.
func (e *encoder) members(o *object, present []found, depth int) error {
	for len(present) > 0 {
		m := &o.members[present[0].no]
		if len(m.groups) > depth {
			g, n := m.groups[depth], 1
			for n < len(present) && o.members[present[n].no].isIn(g, depth) {
				n++
			}
			e.Uint32(g.tag)
			outer, at := 0, e.Begin()
			if g.pointer {
				outer, at = at, e.Begin()
			}
			if err := e.members(o, present[:n], depth+1); err != nil {
				return err
			}
			e.End(at)
			if g.pointer {
				e.End(outer)
			}
			present = present[n:]
			continue
		}
		if len(present) > 1 && present[1].no == present[0].no {
			return inField(errTwice, m.name)
		}
		e.Uint32(m.tag)
		if err := e.member(m, present[0].value); err != nil {
			return inField(err, m.name)
		}
		present = present[1:]
	}
	return nil
}

// isIn reports whether m is in g, which is inside depth others.
func (m *objectMember) isIn(g *group, depth int) bool {
	return len(m.groups) > depth && m.groups[depth] == g
}

// member writes one field.
func (e *encoder) member(m *objectMember, v jsontext.Value) error {
	if !m.quoted || v.Kind() == jsontext.Null {
		return e.value(m.codec, v)
	}
	if v.Kind() != jsontext.String {
		return fmt.Errorf("%s in a string is wanted, not %s", m.codec.wants(), v.Kind())
	}
	inner, err := jsontext.Parse([]byte(v.Unquoted()), 0)
	if err != nil || inner.Kind() == jsontext.Null {
		return errors.New(m.codec.wants() + " in a string is wanted")
	}
	return e.value(m.codec, inner)
}
