package abi

import "strings"

// A Field is one field of a struct type.
type Field struct {
	Name   string // an exported identifier
	Type   Type   // a scalar or a struct
	Offset int    // bytes from the start of the struct
}

const (
	// MaxStruct is the largest struct that crosses, in bytes. Its bytes are
	// copied for every call; more data is what []byte is for.
	MaxStruct = 4096

	maxDepth = 8 // of structs in structs
)

const structPrefix = "struct{"

// Struct returns the type of a struct with these fields. Offsets are ignored.
func Struct(fields ...Field) Type {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = f.Name + " " + string(f.Type)
	}
	return Type(structPrefix + strings.Join(texts, "; ") + "}")
}

// Struct reports whether t is a struct. It crosses as a pointer to its flat
// layout: that of C for the target, so little endian, every field aligned to its
// size (psABI AMD64 3.1.2, AAPCS64 5.9).
func (t Type) Struct() bool { return strings.HasPrefix(string(t), structPrefix) }

// Fields takes a struct apart. It returns nil for every other type, and for a
// text that Struct does not write.
func (t Type) Fields() []Field {
	fields, rest, ok := parseStruct(string(t), maxDepth)
	if !ok || rest != "" {
		return nil
	}
	return fields
}

// Layout returns the size and alignment in bytes of a scalar or struct, zeros
// for every other type.
func (t Type) Layout() (size, align int) {
	if n := t.Size(); n > 0 {
		return n, n
	}
	return layout(t.Fields())
}

func layout(fields []Field) (size, align int) {
	for _, f := range fields {
		n, a := f.Type.Layout()
		size, align = f.Offset+n, max(align, a)
	}
	return alignUp(size, align), align
}

func alignUp(n, align int) int {
	if align == 0 {
		return n
	}
	return (n + align - 1) / align * align
}

// parseStruct reads a struct at the beginning of text and returns what follows
// it. depth is how many structs may be inside each other.
func parseStruct(text string, depth int) (fields []Field, rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, structPrefix)
	if !ok || depth == 0 {
		return nil, "", false
	}
	names := map[string]bool{}
	offset := 0
	for {
		var f Field
		if f.Name, rest, ok = strings.Cut(rest, " "); !ok || !exported(f.Name) || names[f.Name] {
			return nil, "", false
		}
		names[f.Name] = true
		size, align := 0, 0
		if strings.HasPrefix(rest, structPrefix) {
			inner, after, ok := parseStruct(rest, depth-1)
			if !ok {
				return nil, "", false
			}
			f.Type, rest = Type(rest[:len(rest)-len(after)]), after
			size, align = layout(inner)
		} else {
			end := strings.IndexAny(rest, ";}")
			if end < 0 {
				return nil, "", false
			}
			f.Type, rest = Type(rest[:end]), rest[end:]
			size = f.Type.Size()
			align = size
		}
		if size == 0 {
			return nil, "", false
		}
		f.Offset = alignUp(offset, align)
		if offset = f.Offset + size; offset > MaxStruct {
			return nil, "", false
		}
		fields = append(fields, f)
		if after, end := strings.CutPrefix(rest, "}"); end {
			return fields, after, true
		}
		if rest, ok = strings.CutPrefix(rest, "; "); !ok {
			return nil, "", false
		}
	}
}

// exported reports whether name is an ASCII identifier that Go exports, so
// that it is a name in C too and reflect may set the field.
func exported(name string) bool {
	for i, c := range []byte(name) {
		upper := 'A' <= c && c <= 'Z'
		other := 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_'
		if !upper && (i == 0 || !other) {
			return false
		}
	}
	return name != ""
}
