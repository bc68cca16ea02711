package wire

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// The kinds of values in a log record. Everything else travels as text.
const (
	recordText byte = iota
	recordBool
	recordInt64
	recordUint64
	recordFloat64
	recordDuration
	recordTime
	recordGroup
)

// maxGroups is how many groups may be inside each other in a record.
const maxGroups = 32

// AppendRecord writes a log record with these attributes behind b. The time is
// to the nanosecond, without its zone; the program counter stays behind, since
// it means nothing outside the library.
func AppendRecord(b []byte, r slog.Record, attrs []slog.Attr) []byte {
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
			return append(b, recordBool, 1)
		}
		return append(b, recordBool, 0)
	case slog.KindInt64:
		return binary.AppendVarint(append(b, recordInt64), v.Int64())
	case slog.KindUint64:
		return binary.AppendUvarint(append(b, recordUint64), v.Uint64())
	case slog.KindFloat64:
		return binary.AppendUvarint(append(b, recordFloat64), math.Float64bits(v.Float64()))
	case slog.KindDuration:
		return binary.AppendVarint(append(b, recordDuration), int64(v.Duration()))
	case slog.KindTime:
		return appendTime(append(b, recordTime), v.Time())
	case slog.KindGroup:
		if depth > 0 {
			return appendAttrs(append(b, recordGroup), v.Group(), depth-1)
		}
	case slog.KindAny:
		return appendText(append(b, recordText), fmt.Sprintf("%+v", v.Any()))
	}
	return appendText(append(b, recordText), v.String())
}

// ReadRecord reads what AppendRecord wrote.
func ReadRecord(b []byte) (slog.Record, error) {
	r := reader{b: b}
	record := slog.Record{Time: r.time(), Level: slog.Level(r.varint()), Message: r.text()}
	record.AddAttrs(r.attrs(maxGroups)...)
	if r.err != nil {
		return slog.Record{}, r.err
	}
	return record, nil
}

// A reader takes bytes apart. After the first error it returns zero values.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.b) {
		r.err, r.b = ErrShort, nil
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
	case recordText:
		return slog.StringValue(r.text())
	case recordBool:
		b := r.take(1)
		return slog.BoolValue(r.err == nil && b[0] != 0)
	case recordInt64:
		return slog.Int64Value(r.varint())
	case recordUint64:
		return slog.Uint64Value(r.uvarint())
	case recordFloat64:
		return slog.Float64Value(math.Float64frombits(r.uvarint()))
	case recordDuration:
		return slog.DurationValue(time.Duration(r.varint()))
	case recordTime:
		return slog.TimeValue(r.time())
	case recordGroup:
		if depth > 0 {
			return slog.GroupValue(r.attrs(depth - 1)...)
		}
	}
	r.err = fmt.Errorf("log record: kind %d, or too many groups inside each other", kind[0])
	return slog.Value{}
}
