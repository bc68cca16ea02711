package wire

import (
	"encoding/binary"
	"errors"
	"reflect"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
)

// ErrShort: the bytes end before the value does.
var ErrShort = errors.New("a call between library and host is cut short")

// word is what every value is padded to, in bytes.
const word = 8

// A Codec writes and reads values of one type. It is made once, so that no call
// has to compare the names of types.
type Codec struct {
	Type abi.Type
	size int // of the value, or of an element of a span
	span bool
	text bool
}

// Of returns the codec of a Go type. An empty struct stands for no value: nothing is written.
func Of(t reflect.Type) (Codec, error) {
	if t.Kind() == reflect.Struct && t.NumField() == 0 {
		return Codec{}, nil
	}
	typ, err := abi.TypeOf(t)
	if err != nil {
		return Codec{}, err
	}
	if typ.Span() {
		return Codec{Type: typ, size: typ.Elem().Size(), span: true, text: typ == abi.String}, nil
	}
	size, _ := typ.Layout()
	return Codec{Type: typ, size: size}, nil
}

// Append appends the value at p, which is of the codec's type, to b.
func (c Codec) Append(b []byte, p unsafe.Pointer) []byte {
	n := c.size
	if c.span {
		s := span(p, c.text)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
		p, n = unsafe.Pointer(unsafe.SliceData(s)), len(s)*c.size
	}
	b = append(b, unsafe.Slice((*byte)(p), n)...)
	for ; n%word != 0; n++ {
		b = append(b, 0)
	}
	return b
}

// span is the string or slice at p; its length counts elements.
func span(p unsafe.Pointer, text bool) []byte {
	if text {
		s := *(*string)(p)
		return unsafe.Slice(unsafe.StringData(s), len(s))
	}
	return *(*[]byte)(p) // all slices look alike
}

// Read reads a value at the beginning of b to p, and returns what follows it.
func (c Codec) Read(b []byte, p unsafe.Pointer) (rest []byte, err error) {
	n := c.size
	if !c.span {
		if len(b) < n {
			return nil, ErrShort
		}
		copy(unsafe.Slice((*byte)(p), n), b)
		return skip(b, n), nil
	}
	if len(b) < word {
		return nil, ErrShort
	}
	count := binary.LittleEndian.Uint64(b)
	b = b[word:]
	if count > uint64(len(b)/c.size) {
		return nil, ErrShort
	}
	n = int(count) * c.size
	if c.text {
		*(*string)(p) = string(b[:n])
		return skip(b, n), nil
	}
	// Words are aligned for every element.
	words := make([]uint64, (n+word-1)/word)
	first := (*byte)(unsafe.Pointer(unsafe.SliceData(words)))
	copy(unsafe.Slice(first, n), b)
	*(*[]byte)(p) = unsafe.Slice(first, count) // count elements: all slices look alike
	return skip(b, n), nil
}

// skip leaves out n bytes and their padding.
func skip(b []byte, n int) []byte { return b[min((n+word-1)/word*word, len(b)):] }
