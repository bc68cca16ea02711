package jsontext

import (
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strings"
	"unsafe"
)

// A Value is a value in a JSON text. To pass over it takes no time, whatever is inside, so
// the members of an object may be read in any order. The zero Value is none.
type Value struct {
	in *indexed
	at int    // where it begins
	no uint32 // of the array or object that begins there, or else of the next one
}

// indexed is a text with a table of its arrays and objects, in the order in which they begin.
type indexed struct {
	text string
	ends []end
}

// An end is behind an array or object.
type end struct {
	at uint32
	no uint32 // of the next array or object
}

// A Kind is what a value is.
type Kind byte

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"null", "a bool", "a number", "a string", "an array", "an object"}[k]
}

var errTooLong = errors.New("it has more than 4 GiB")

// Parse checks b, as Check does, and returns the value that it is. The value and all strings from
// it are parts of b, which must not be changed any more.
func Parse(b []byte, maxDepth int) (Value, error) {
	if uint64(len(b)) > math.MaxUint32 {
		return Value{}, errTooLong
	}
	if err := Check(b, maxDepth); err != nil {
		return Value{}, err
	}
	text := unsafe.String(unsafe.SliceData(b), len(b))
	n := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = skipString(text, i) - 1
		case '[', '{':
			n++
		}
	}
	in := &indexed{text, make([]end, 0, n)}
	var open []uint32
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = skipString(text, i) - 1
		case '[', '{':
			open = append(open, uint32(len(in.ends)))
			in.ends = append(in.ends, end{})
		case ']', '}':
			last := len(open) - 1
			in.ends[open[last]] = end{uint32(i + 1), uint32(len(in.ends))}
			open = open[:last]
		}
	}
	return Value{in: in, at: in.space(0)}, nil
}

// space returns the first byte from i on that is neither white space nor between two values.
func (in *indexed) space(i int) int {
	for i < len(in.text) && strings.IndexByte(" \t\r\n,:", in.text[i]) >= 0 {
		i++
	}
	return i
}

// Exists reports whether v is a value.
func (v Value) Exists() bool { return v.in != nil }

// Kind returns what v is.
func (v Value) Kind() Kind {
	switch v.in.text[v.at] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	}
	return Number
}

// behind returns where v ends, and the number of the next array or object.
func (v Value) behind() (at int, no uint32) {
	switch v.Kind() {
	case Array, Object:
		e := v.in.ends[v.no]
		return int(e.at), e.no
	case String:
		return skipString(v.in.text, v.at), v.no
	}
	at = v.at
	for at < len(v.in.text) && strings.IndexByte(" \t\r\n,:]}", v.in.text[at]) < 0 {
		at++
	}
	return at, v.no
}

// Text returns the JSON of v.
func (v Value) Text() string {
	at, _ := v.behind()
	return v.in.text[v.at:at]
}

// Bool returns the value of a Bool.
func (v Value) Bool() bool { return v.in.text[v.at] == 't' }

// Unquoted returns the text of a String.
func (v Value) Unquoted() string {
	quoted := v.Text()
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	_ = json.Unmarshal([]byte(quoted), &s) // it was checked
	return s
}

// Elements yields the elements of an Array.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for e := (Value{v.in, v.in.space(v.at + 1), v.no + 1}); !e.over(); {
			if !yield(e) {
				return
			}
			e = e.next()
		}
	}
}

// Members yields the members of an Object, in their order. A name may come twice.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for name := (Value{v.in, v.in.space(v.at + 1), v.no + 1}); !name.over(); {
			member := name.next()
			if !yield(name.Unquoted(), member) {
				return
			}
			name = member.next()
		}
	}
}

// over reports whether an array or object ends where v would begin.
func (v Value) over() bool { return strings.IndexByte("]}", v.in.text[v.at]) >= 0 }

// next returns what comes behind v in the same array or object.
func (v Value) next() Value {
	at, no := v.behind()
	return Value{v.in, v.in.space(at), no}
}
