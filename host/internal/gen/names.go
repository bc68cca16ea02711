package gen

import (
	"fmt"
	"strings"
)

// reserved are names that a parameter can't have: keywords of C or C++ in the
// header, and names that the export uses for something else.
var reserved = set(`
	alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl concept
	const const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern
	false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq
	private protected public register reinterpret_cast restrict return short signed sizeof static static_assert
	static_cast struct switch template this thread_local throw true try typedef typeid typename typeof union unsigned
	using virtual void volatile wchar_t while xor xor_eq
	char8_t concept consteval constinit co_await co_return co_yield requires typeof_unqual
	size_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t unix linux errno stdin stdout stderr
	assert offsetof complex
	C buffer cabi unsafe error string nil byte rune uintptr any
	int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}

// nameParams gives every parameter a name that the header and the export may use.
func (f *function) nameParams(r *resolver) {
	taken := map[string]bool{"out": true, "out_cap": true, "out_len": true, "result": true, "answer": true, "got": true, "err": true}
	for i := range f.params {
		p := &f.params[i]
		name := p.name
		if name == "" || !isASCII(name) {
			name = fmt.Sprintf("p%d", i+1)
		}
		if r.mayBeTaken(name) {
			name += "_"
		}
		for r.takes(name) || taken[name] || p.typ.Span() && taken[name+"_len"] {
			name += "_"
		}
		taken[name] = true
		if p.typ.Span() {
			taken[name+"_len"] = true
		}
		p.c = name
	}
}

// mayBeTaken reports whether a header may already use name: macros are in
// capitals, and hotso's types and those of the library have a prefix.
func (r *resolver) mayBeTaken(name string) bool {
	return name == strings.ToUpper(name) || strings.HasPrefix(name, "hotso_") || strings.HasPrefix(name, r.l.prefix())
}

// takes reports whether the export file already uses name for something else.
func (r *resolver) takes(name string) bool {
	for _, q := range r.qualifiers {
		if q == name {
			return true
		}
	}
	return reserved[name] || r.main.Scope().Lookup(name) != nil
}

// prefix is what the names of the library's types begin with in C, where all
// libraries share one namespace.
func (l *library) prefix() string {
	name := strings.ReplaceAll(l.name, "-", "_")
	if name[0] >= '0' && name[0] <= '9' {
		name = "lib" + name
	}
	return name + "_"
}

// cgoNames are macros of C, and what cgo declares in every preamble, so also in the
// one that includes the header.
var cgoNames = set(`CString CBytes GoString GoStringN GoBytes
	GoInt GoInt8 GoInt16 GoInt32 GoInt64 GoUint GoUint8 GoUint16 GoUint32 GoUint64 GoUintptr GoFloat32 GoFloat64
	GoComplex64 GoComplex128 GoMap GoChan GoInterface GoSlice
	NULL EOF NAN EDOM ERANGE EILSEQ BUFSIZ`)

// takenInC reports whether a C function or type cannot have the name. Most macros
// are in capitals with an underscore: INT32_MAX, RAND_MAX.
func takenInC(name string) bool {
	return cgoNames[name] || strings.Contains(name, "_") && name == strings.ToUpper(name)
}

// grouped writes parameters of one type together: "a, b int32", "s string".
func grouped(names, typs []string) (groups []string) {
	text := ""
	for i, name := range names {
		text += name
		if i < len(names)-1 && typs[i+1] == typs[i] {
			text += ", "
			continue
		}
		groups, text = append(groups, text+" "+typs[i]), ""
	}
	return groups
}

// list writes open, items and end; over several lines if one would be too long.
func list(open string, items []string, end string) string {
	const columns = 120
	if text := open + strings.Join(items, ", ") + end; len(text) <= columns || len(items) < 2 {
		return text
	}
	text, line := "", open
	for i, item := range items {
		if i > 0 && len(line)+len(item) > columns {
			text, line = text+strings.TrimSuffix(line, " ")+"\n", "\t"
		}
		line += item + ", "
	}
	return text + strings.TrimSuffix(line, " ") + "\n" + end
}
