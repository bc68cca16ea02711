package abi

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// A Type is a parameter or result type that crosses the C ABI.
type Type string

// The types. A string, []byte or slice of numbers (see Slice) crosses as
// pointer and length, as a result into the caller's buffer. A struct (see
// Struct) crosses as a pointer. CString is a malloc'd, NUL-terminated result
// that the caller frees with hotso_free.
const (
	Bool    Type = "bool"
	Int8    Type = "int8"
	Int16   Type = "int16"
	Int32   Type = "int32"
	Int64   Type = "int64"
	Uint8   Type = "uint8"
	Uint16  Type = "uint16"
	Uint32  Type = "uint32"
	Uint64  Type = "uint64"
	Float32 Type = "float32"
	Float64 Type = "float64"
	String  Type = "string"
	Bytes   Type = "[]byte"
	CString Type = "cstring"
	Stream  Type = "stream" // only a result: a uint64 that hotso_stream_read knows
	None    Type = ""       // no result
)

// Size returns the size in bytes of a scalar type, 0 for every other type.
func (t Type) Size() int {
	switch t {
	case Bool, Int8, Uint8:
		return 1
	case Int16, Uint16:
		return 2
	case Int32, Uint32, Float32:
		return 4
	case Int64, Uint64, Float64:
		return 8
	}
	return 0
}

// Float reports whether t travels in floating point registers.
func (t Type) Float() bool { return t == Float32 || t == Float64 }

// Slice returns the type of a slice of elem: Bytes for Uint8, None if elem is not
// a number.
func Slice(elem Type) Type {
	switch {
	case elem == Uint8:
		return Bytes
	case elem == Bool, elem.Size() == 0:
		return None
	}
	return "[]" + elem
}

// Elem returns the type of the elements of a span, None for every other type.
func (t Type) Elem() Type {
	switch t {
	case String, Bytes:
		return Uint8
	}
	if elem, ok := strings.CutPrefix(string(t), "[]"); ok && Slice(Type(elem)) == t {
		return Type(elem)
	}
	return None
}

// Span reports whether t crosses as pointer and length: a string, bytes, or a
// slice of numbers, whose length counts elements.
func (t Type) Span() bool { return t.Elem() != None }

// A Signature is the logical signature of an exported function; the C
// prototype follows from it (see include/cabi.h, "Calls").
type Signature struct {
	Params []Param
	Result Type // None, or one of the types
	Error  bool // the C function returns a status
}

// A Param is one parameter. Names don't count when signatures are compared.
type Param struct {
	Name string
	Type Type
}

// ErrSignature is wrapped by every error of ParseSignature.
var ErrSignature = errors.New("bad function signature")

// String writes s as Go does: "func(name string) (string, error)".
func (s Signature) String() string {
	var b strings.Builder
	b.WriteString("func(")
	for i, p := range s.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		if p.Name != "" {
			b.WriteString(p.Name + " ")
		}
		b.WriteString(string(p.Type))
	}
	b.WriteString(")")
	switch {
	case s.Result != None && s.Error:
		b.WriteString(" (" + string(s.Result) + ", error)")
	case s.Error:
		b.WriteString(" error")
	case s.Result != None:
		b.WriteString(" " + string(s.Result))
	}
	return b.String()
}

// Equal reports whether both signatures are called the same way.
func (s Signature) Equal(t Signature) bool {
	if s.Result != t.Result || s.Error != t.Error || len(s.Params) != len(t.Params) {
		return false
	}
	for i := range s.Params {
		if s.Params[i].Type != t.Params[i].Type {
			return false
		}
	}
	return true
}

// Check reports what makes s impossible to call, or nil.
func (s Signature) Check() error {
	for _, p := range s.Params {
		if p.Name != "" && !IsIdentifier(p.Name) {
			return fmt.Errorf("%w: %s: parameter name %q", ErrSignature, s, p.Name)
		}
		if p.Type.Size() == 0 && !p.Type.Span() && p.Type.Fields() == nil {
			return fmt.Errorf("%w: %s: parameter of type %q", ErrSignature, s, p.Type)
		}
	}
	switch {
	case s.Result == None, s.Result.Size() > 0:
	case s.Result.Span(), s.Result == Stream, s.Result.Fields() != nil:
		if !s.Error {
			return fmt.Errorf("%w: %s: a %s result needs an error beside it, for the status", ErrSignature, s, s.Result)
		}
	case s.Result == CString && s.Error:
		return fmt.Errorf("%w: %s: a cstring result has no status", ErrSignature, s)
	case s.Result == CString:
	default:
		return fmt.Errorf("%w: %s: result of type %q", ErrSignature, s, s.Result)
	}
	return nil
}

// IsIdentifier reports whether s is an identifier of Go.
func IsIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// ParseSignature reads what Signature.String writes.
func ParseSignature(text string) (Signature, error) {
	bad := func(why string) (Signature, error) {
		return Signature{}, fmt.Errorf("%w: %q: %s", ErrSignature, text, why)
	}
	rest, ok := strings.CutPrefix(text, "func(")
	if !ok {
		return bad("does not begin with func(")
	}
	params, result, ok := strings.Cut(rest, ")")
	if !ok {
		return bad("no closing parenthesis")
	}
	var s Signature
	if params != "" {
		for p := range strings.SplitSeq(params, ", ") {
			name, typ, two := strings.Cut(p, " ")
			if !two || Type(p).Struct() {
				name, typ = "", p
			}
			s.Params = append(s.Params, Param{name, Type(typ)})
		}
	}
	switch result = strings.TrimPrefix(result, " "); {
	case result == "error":
		s.Error = true
	case strings.HasPrefix(result, "("):
		inner, ok := strings.CutSuffix(result[1:], ", error)")
		if !ok {
			return bad("two results, the second not an error")
		}
		s.Result, s.Error = Type(inner), true
	default:
		s.Result = Type(result)
	}
	if err := s.Check(); err != nil {
		return Signature{}, err
	}
	if s.String() != text {
		return bad("reads back as " + s.String())
	}
	return s, nil
}
