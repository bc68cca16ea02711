// Package schema is what contracts say of themselves: the methods of an interface and all
// types that cross, as hotso gen writes them and the seal holds them. By schemas a host
// judges, before any code runs, whether a library offers what it was bound for.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Wire is the version of docs/wire.md that schemas of this program speak of.
const Wire = 1

// A Schema describes one contract.
type Schema struct {
	Wire       int              `json:"wire"`
	Package    string           `json:"package"`  // import path
	Contract   string           `json:"contract"` // name of the interface
	Methods    []Method         `json:"methods"`  // sorted by name
	Types      map[string]*Type `json:"types,omitempty"`
	Errors     []string         `json:"errors,omitempty"`      // sentinels of the package
	ErrorTypes []string         `json:"error_types,omitempty"` // among Types, with a * in front of pointers
}

// A Method is one method of the interface.
type Method struct {
	Name    string   `json:"name"`
	Since   int      `json:"since,omitempty"`   // libraries may be older
	Context bool     `json:"context,omitempty"` // its first parameter, which is not among Params
	Params  []Param  `json:"params,omitempty"`
	Results []string `json:"results,omitempty"` // types, without the error
	Error   bool     `json:"error,omitempty"`   // its last result
	Stream  string   `json:"stream,omitempty"`  // it returns a sequence of this type, and an error
}

// A Param is one parameter.
type Param struct {
	Name string `json:"name,omitempty"`
	Type string `json:"type"`
}

// The kinds of named types.
const (
	Struct = "struct"
	Union  = "union"  // an interface with a set of types
	Text   = "text"   // an encoding.TextMarshaler
	Binary = "binary" // an encoding.BinaryMarshaler
	Named  = "named"  // of another type
	Object = "object" // an interface whose implementation stays where it is

	// Of parameters only, which the implementation calls.
	Func     = "func"     // a function: its one method has no name
	Callback = "callback" // an interface
	Sequence = "sequence" // of a type
	Reader   = "reader"   // an io.Reader
)

// place is where a type may be.
type place int

const (
	inside place = iota // of another
	result
	param
)

// fits reports why a type of that kind can't be in a place.
func (p place) fits(kind string) error {
	switch kind {
	case Object:
		if p != result {
			return errMisplaced
		}
	case Func, Callback, Sequence, Reader:
		if p != param {
			return errNotLent
		}
	}
	return nil
}

var (
	errMisplaced = errors.New("an object is a result of a method, and no part of anything")
	errNotLent   = errors.New("what the implementation calls is a parameter, and no part of anything")
)

// A Type is a type with a name.
type Type struct {
	Kind    string            `json:"kind"`
	Fields  []Field           `json:"fields,omitempty"`  // of a Struct
	Of      []string          `json:"of,omitempty"`      // the types of a Union
	Is      string            `json:"is,omitempty"`      // the type of a Named
	Values  map[string]string `json:"values,omitempty"`  // the constants of a Named, by name
	Methods []Method          `json:"methods,omitempty"` // of an Object, sorted by name
	Moves   bool              `json:"moves,omitempty"`   // an Object, to the next version
}

// A Field is one field of a struct.
type Field struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Wire     string `json:"wire,omitempty"`     // its name on the wire, if that is another
	JSON     string `json:"json,omitempty"`     // its json tag
	Embedded bool   `json:"embedded,omitempty"` // without a name of its own
}

// WireName is the name from which the field's tag follows.
func (f *Field) WireName() string {
	if f.Wire != "" {
		return f.Wire
	}
	return f.Name
}

// Parse reads a schema.
func Parse(text []byte) (*Schema, error) {
	s := new(Schema)
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("schema of a contract: %w", err)
	}
	if s.Wire != Wire {
		return nil, fmt.Errorf("schema of the contract %s: it is of wire format %d, this program knows %d", s.Contract, s.Wire, Wire)
	}
	return s, s.check()
}

// check looks for types that are nowhere defined, so that nobody else need.
func (s *Schema) check() error {
	see := func(path, text string, at place) error {
		shape, err := s.Resolve(text)
		if err == nil {
			err = at.fits(shape.Kind)
		}
		if err != nil {
			return fmt.Errorf("schema of the contract %s: %s: %w", s.Contract, path, err)
		}
		return nil
	}
	for name, t := range s.Types {
		if t == nil {
			return fmt.Errorf("schema of the contract %s: %s is nothing", s.Contract, name)
		}
		texts := t.Of
		switch t.Kind {
		case Named:
			texts = []string{t.Is}
		case Struct:
			for _, f := range t.Fields {
				texts = append(texts, f.Type)
			}
		case Sequence:
			texts = []string{t.Is}
		case Func:
			if len(t.Methods) != 1 {
				return fmt.Errorf("schema of the contract %s: %s is %d functions", s.Contract, name, len(t.Methods))
			}
			fallthrough
		case Object, Callback:
			if err := checkMethods(t.Methods, see); err != nil {
				return err
			}
		case Union, Text, Binary, Reader:
		default:
			return fmt.Errorf("schema of the contract %s: %s is of kind %q", s.Contract, name, t.Kind)
		}
		for _, text := range texts {
			if err := see(name, text, inside); err != nil {
				return err
			}
		}
		if s.endless(name, map[string]bool{}) {
			return fmt.Errorf("schema of the contract %s: %s is another name of itself", s.Contract, name)
		}
	}
	return checkMethods(s.Methods, see)
}

func checkMethods(methods []Method, see func(path, text string, at place) error) error {
	for _, m := range methods {
		for _, p := range m.Params {
			if err := see(m.Name, p.Type, param); err != nil {
				return err
			}
		}
		for _, text := range m.Results {
			if err := see(m.Name, text, result); err != nil {
				return err
			}
		}
		if m.Stream == "" {
			continue
		}
		if err := see(m.Name, m.Stream, inside); err != nil {
			return err
		}
	}
	return nil
}

// endless reports whether a named type leads to itself by names alone.
func (s *Schema) endless(name string, seen map[string]bool) bool {
	t := s.Types[name]
	if t == nil || t.Kind != Named {
		return false
	}
	if seen[name] {
		return true
	}
	seen[name] = true
	return s.endless(t.Is, seen)
}

// Text writes the schema as hotso gen does: a line for each method and type.
func (s *Schema) Text() ([]byte, error) {
	var b bytes.Buffer
	line := func(v any) string {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			panic(err) // strings, numbers and bools
		}
		return strings.TrimSpace(text.String())
	}
	fmt.Fprintf(&b, "{\"wire\": %d, \"package\": %s, \"contract\": %s, \"methods\": [", s.Wire, line(s.Package), line(s.Contract))
	for i, m := range s.Methods {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  " + line(m))
	}
	b.WriteString("\n], \"types\": {")
	for i, name := range s.TypeNames() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  " + line(name) + ": " + line(s.Types[name]))
	}
	b.WriteString("\n}")
	if len(s.Errors) > 0 {
		b.WriteString(", \"errors\": " + line(s.Errors))
	}
	if len(s.ErrorTypes) > 0 {
		b.WriteString(", \"error_types\": " + line(s.ErrorTypes))
	}
	b.WriteString("}\n")
	if _, err := Parse(b.Bytes()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Compact is the schema as the seal holds it.
func (s *Schema) Compact() (json.RawMessage, error) { return json.Marshal(s) }

// Method returns the method of that name.
func (s *Schema) Method(name string) *Method { return methodOf(s.Methods, name) }

// Function is the name under which a library exports a method.
func (s *Schema) Function(m *Method) string { return s.Contract + "_" + m.Name }

// Functions are the names of all that a library exports for the contract.
func (s *Schema) Functions() (names []string) {
	for i := range s.Methods {
		names = append(names, s.Function(&s.Methods[i]))
	}
	for _, name := range s.TypeNames() {
		t := s.Types[name]
		if t.Kind != Object {
			continue
		}
		for _, m := range t.Methods {
			names = append(names, name+"_"+m.Name)
		}
		names = append(names, name+"_free")
		if t.Moves {
			names = append(names, name+"_restore", name+"_save")
		}
	}
	return names
}

// A Shape is a type taken apart, one level deep.
type Shape struct {
	Kind string // int8, ..., string, time.Time, error; slice, array, map, pointer; or a kind of Type
	Name string // of a Type
	Type *Type
	Elem string
	Key  string
	Len  int
}

// The kinds of types without a name, beside the basic ones.
const (
	Slice   = "slice"
	Array   = "array"
	Map     = "map"
	Pointer = "pointer"
	Time    = "time.Time"
	Error   = "error"
	Bytes   = "[]uint8"
)

// widths are the basic types, and how many bytes they take.
var widths = map[string]int{
	"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "float32": 4,
	"int64": 8, "uint64": 8, "int": 8, "uint": 8, "float64": 8, "complex64": 8, "complex128": 16,
	Time: 16,
}

// maxTypeText bounds how deep a type that somebody else wrote can be.
const maxTypeText = 4096

// Resolve takes a type apart.
func (s *Schema) Resolve(text string) (Shape, error) {
	if t := s.Types[text]; t != nil {
		return Shape{Kind: t.Kind, Name: text, Type: t, Elem: t.Is}, nil
	}
	bad := fmt.Errorf("no such type: %.100q", text)
	switch {
	case len(text) > maxTypeText:
		return Shape{}, bad
	case widths[text] > 0, text == "string", text == Error, text == Bytes:
		return Shape{Kind: text}, nil
	case strings.HasPrefix(text, "*"):
		return s.of(Shape{Kind: Pointer, Elem: text[1:]})
	case strings.HasPrefix(text, "[]"):
		return s.of(Shape{Kind: Slice, Elem: text[2:]})
	case strings.HasPrefix(text, "["):
		count, elem, ok := strings.Cut(text[1:], "]")
		n, err := strconv.Atoi(count)
		if !ok || err != nil || n < 0 {
			return Shape{}, bad
		}
		return s.of(Shape{Kind: Array, Len: n, Elem: elem})
	case strings.HasPrefix(text, "map["):
		depth := 0
		for i := 3; i < len(text); i++ {
			switch text[i] {
			case '[':
				depth++
			case ']':
				depth--
			}
			if depth == 0 {
				if _, err := s.Resolve(text[4:i]); err != nil {
					return Shape{}, err
				}
				return s.of(Shape{Kind: Map, Key: text[4:i], Elem: text[i+1:]})
			}
		}
	}
	return Shape{}, bad
}

func (s *Schema) of(t Shape) (Shape, error) {
	elem, err := s.Resolve(t.Elem)
	if err == nil {
		err = inside.fits(elem.Kind)
	}
	return t, err
}

// under is Resolve without the names of Named types.
func (s *Schema) under(text string) Shape {
	t, err := s.Resolve(text)
	for err == nil && t.Kind == Named {
		t, err = s.Resolve(t.Elem)
	}
	return t // Parse has checked that it resolves
}
