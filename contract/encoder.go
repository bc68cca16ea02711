package contract

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	// MaxDepth is how many values of recursive types may be inside each other.
	MaxDepth = 1000
	// MaxFrame is how many bytes the arguments or the results of a call may take.
	MaxFrame = 1 << 30
)

// An Encoder writes the arguments or results of a call, as docs/wire.md says. It is for
// generated code. After an error it writes on, but nobody gets what it wrote.
type Encoder struct {
	buf   []byte
	err   error
	depth int
	path  []string // what Field said at each depth
	made  uint64   // handle of the object among the results

	callee *callee // whose results they are
}

// Err says what could not be written.
func (e *Encoder) Err() error {
	if e.err == nil && len(e.buf) > MaxFrame {
		e.err = fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(e.buf), MaxFrame)
	}
	return e.err
}

// Bytes is what was written. It is valid until the encoder is used again.
func (e *Encoder) Bytes() []byte { return e.buf }

func (e *Encoder) reset() {
	if cap(e.buf) > keptRoom {
		e.buf = nil
	}
	*e = Encoder{buf: e.buf[:0], path: e.path[:0]}
}

// fail keeps the first error.
func (e *Encoder) fail(reason error, format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf("%w: %s", reason, fmt.Sprintf(format, args...))
	}
}

// Bool writes one byte.
func (e *Encoder) Bool(v bool) {
	b := byte(0)
	if v {
		b = 1
	}
	e.buf = append(e.buf, b)
}

// Int8 writes one byte.
func (e *Encoder) Int8(v int8) { e.buf = append(e.buf, byte(v)) }

// Uint8 writes one byte.
func (e *Encoder) Uint8(v uint8) { e.buf = append(e.buf, v) }

// Int16 writes two bytes.
func (e *Encoder) Int16(v int16) { e.Uint16(uint16(v)) }

// Uint16 writes two bytes.
func (e *Encoder) Uint16(v uint16) { e.buf = binary.LittleEndian.AppendUint16(e.buf, v) }

// Int32 writes four bytes.
func (e *Encoder) Int32(v int32) { e.Uint32(uint32(v)) }

// Uint32 writes four bytes.
func (e *Encoder) Uint32(v uint32) { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }

// Int64 writes eight bytes.
func (e *Encoder) Int64(v int64) { e.Uint64(uint64(v)) }

// Uint64 writes eight bytes.
func (e *Encoder) Uint64(v uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }

// Int writes eight bytes.
func (e *Encoder) Int(v int) { e.Uint64(uint64(v)) }

// Uint writes eight bytes.
func (e *Encoder) Uint(v uint) { e.Uint64(uint64(v)) }

// Float32 writes four bytes.
func (e *Encoder) Float32(v float32) { e.Uint32(math.Float32bits(v)) }

// Float64 writes eight bytes.
func (e *Encoder) Float64(v float64) { e.Uint64(math.Float64bits(v)) }

// Complex64 writes the real part, then the imaginary one.
func (e *Encoder) Complex64(v complex64) { e.Float32(real(v)); e.Float32(imag(v)) }

// Complex128 writes the real part, then the imaginary one.
func (e *Encoder) Complex128(v complex128) { e.Float64(real(v)); e.Float64(imag(v)) }

// String writes the length in bytes and the bytes.
func (e *Encoder) String(s string) {
	e.buf = append(binary.LittleEndian.AppendUint32(e.buf, uint32(len(s))), s...)
	if len(s) > MaxFrame {
		e.Err()
	}
}

// ByteSlice writes a []byte as a list.
func (e *Encoder) ByteSlice(s []byte) {
	if s == nil {
		e.Nil()
		return
	}
	e.Uint32(uint32(len(s)) + 4)
	e.Uint32(uint32(len(s)))
	e.buf = append(e.buf, s...)
}

// utc stands for the offset of a time in UTC.
const utc = math.MinInt32

// Time writes 16 bytes: the seconds since 1970 in UTC, the nanoseconds, and the offset of
// its zone in seconds east of UTC. The name of the zone and the monotonic clock stay here.
func (e *Encoder) Time(t time.Time) {
	offset := int32(utc)
	if t.Location() != time.UTC {
		_, east := t.Zone()
		offset = int32(east)
	}
	e.Int64(t.Unix())
	e.Uint32(uint32(t.Nanosecond()))
	e.Int32(offset)
}

// Marshaled writes a value as its own text or bytes.
func (e *Encoder) Marshaled(data []byte, err error) {
	if err != nil {
		e.fail(ErrValue, "%v", err)
	}
	e.buf = append(binary.LittleEndian.AppendUint32(e.buf, uint32(len(data))), data...)
}

// Nil writes what stands for nil: no bytes.
func (e *Encoder) Nil() { e.Uint32(0) }

// Begin leaves room for the length of what follows, and End fills it in.
func (e *Encoder) Begin() (at int) {
	e.buf = append(e.buf, 0, 0, 0, 0)
	return len(e.buf)
}

// End writes how many bytes were written since Begin.
func (e *Encoder) End(at int) {
	binary.LittleEndian.PutUint32(e.buf[at-4:], uint32(len(e.buf)-at))
}

// List is Begin, and the count of a slice, array or map.
func (e *Encoder) List(count int) (at int) {
	at = e.Begin()
	e.Uint32(uint32(count))
	return at
}

// Enter begins a value of a recursive type, and Leave ends it. If Enter reports false
// the value must not be written: it is inside too many others.
func (e *Encoder) Enter(typ string) bool {
	if e.err != nil {
		return false
	}
	if e.depth == MaxDepth {
		e.fail(ErrCycle, "%s: %s is inside %d values: does it contain itself?", e.where(), typ, MaxDepth)
		return false
	}
	if len(e.buf) > MaxFrame {
		return e.Err() == nil
	}
	if e.depth == 0 {
		e.path = append(e.path[:0], typ)
	}
	e.depth++
	e.path = append(e.path, "")
	return true
}

// Field says which field of the value that was entered last is written now.
func (e *Encoder) Field(name string) { e.path[e.depth] = name }

// Leave ends what Enter began.
func (e *Encoder) Leave() {
	e.path = e.path[:e.depth]
	e.depth--
}

// where is the path to the value, which may be long.
func (e *Encoder) where() string {
	const shown = 6
	var names []string
	for _, name := range e.path {
		if name == "" { // of an interface
			continue
		}
		if names = append(names, name); len(names) == shown {
			return strings.Join(names, ".") + "..."
		}
	}
	return strings.Join(names, ".")
}

// Unregistered notes that a value's type is not among those of its interface.
func (e *Encoder) Unregistered(typ string, v any) {
	e.fail(ErrValue, "%s: a %T is not among the types of its //hotso:types", typ, v)
	e.Nil()
}

// patch changes the count of a list that List has begun.
func patch(e *Encoder, at int, count uint32) { binary.LittleEndian.PutUint32(e.buf[at:], count) }
