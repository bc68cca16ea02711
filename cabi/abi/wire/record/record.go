// Package record writes log records of libraries for their host. It is apart from
// package wire because log/slog is large, and libraries that do not log need not
// link it.
package record

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/hotso/hotso/cabi/abi/wire"
)

// The kinds of values in a log record. Everything else travels as text.
const (
	kindText byte = iota
	kindBool
	kindInt64
	kindUint64
	kindFloat64
	kindDuration
	kindTime
	kindGroup
)

// maxGroups is how many groups may be inside each other in a record.
const maxGroups = 32

// Append appends a log record with these attributes to b. The time keeps its
// nanoseconds but not its zone; the program counter is left out, since it means
// nothing outside the library.
func Append(b []byte, r slog.Record, attrs []slog.Attr) []byte {
	b = appendTime(b, r.Time)
	b = binary.AppendVarint(b, int64(r.Level))
	b = appendText(b, r.Message)
	return appendAttrs(b, attrs, maxGroups)
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(b, math.MinInt64)
	}
	return binary.AppendVarint(b, t.UnixNano())
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendAttrs(b []byte, attrs []slog.Attr, depth int) []byte {
	b = binary.AppendUvarint(b, uint64(len(attrs)))
	for _, a := range attrs {
		b = appendText(b, a.Key)
		b = appendValue(b, a.Value.Resolve(), depth)
	}
	return b
}

func appendValue(b []byte, v slog.Value, depth int) []byte {
	switch v.Kind() {
	case slog.KindBool:
		if v.Bool() {
			return append(b, kindBool, 1)
		}
		return append(b, kindBool, 0)
	case slog.KindInt64:
		return binary.AppendVarint(append(b, kindInt64), v.Int64())
	case slog.KindUint64:
		return binary.AppendUvarint(append(b, kindUint64), v.Uint64())
	case slog.KindFloat64:
		return binary.AppendUvarint(append(b, kindFloat64), math.Float64bits(v.Float64()))
	case slog.KindDuration:
		return binary.AppendVarint(append(b, kindDuration), int64(v.Duration()))
	case slog.KindTime:
		return appendTime(append(b, kindTime), v.Time())
	case slog.KindGroup:
		if depth > 0 {
			return appendAttrs(append(b, kindGroup), v.Group(), depth-1)
		}
	case slog.KindAny:
		return appendText(append(b, kindText), fmt.Sprintf("%+v", v.Any()))
	}
	return appendText(append(b, kindText), v.String())
}

// Read reads what Append wrote.
func Read(b []byte) (slog.Record, error) {
	r := reader{b: b}
	rec := slog.Record{Time: r.time(), Level: slog.Level(r.varint()), Message: r.text()}
	rec.AddAttrs(r.attrs(maxGroups)...)
	if r.err != nil {
		return slog.Record{}, r.err
	}
	return rec, nil
}

// A reader takes bytes apart. After the first error it returns zero values.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.b) {
		r.err, r.b = wire.ErrShort, nil
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		n = -1
	}
	r.take(n)
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		n = -1
	}
	r.take(n)
	return v
}

func (r *reader) text() string {
	return string(r.take(int(min(r.uvarint(), math.MaxInt32))))
}

func (r *reader) time() time.Time {
	if ns := r.varint(); ns != math.MinInt64 && r.err == nil {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

func (r *reader) attrs(depth int) (attrs []slog.Attr) {
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		attrs = append(attrs, slog.Attr{Key: r.text(), Value: r.value(depth)})
	}
	return attrs
}

func (r *reader) value(depth int) slog.Value {
	kind := r.take(1)
	if r.err != nil {
		return slog.Value{}
	}
	switch kind[0] {
	case kindText:
		return slog.StringValue(r.text())
	case kindBool:
		b := r.take(1)
		return slog.BoolValue(r.err == nil && b[0] != 0)
	case kindInt64:
		return slog.Int64Value(r.varint())
	case kindUint64:
		return slog.Uint64Value(r.uvarint())
	case kindFloat64:
		return slog.Float64Value(math.Float64frombits(r.uvarint()))
	case kindDuration:
		return slog.DurationValue(time.Duration(r.varint()))
	case kindTime:
		return slog.TimeValue(r.time())
	case kindGroup:
		if depth > 0 {
			return slog.GroupValue(r.attrs(depth - 1)...)
		}
	}
	r.err = fmt.Errorf("log record: kind %d, or too many groups inside each other", kind[0])
	return slog.Value{}
}
