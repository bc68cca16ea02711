package transcode

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hotso/hotso/host/internal/jsontext"
)

// ErrNotText: a string of the library is not UTF-8, and JSON has no other.
var ErrNotText = errors.New("a string that is not UTF-8, which JSON does not have; []byte may be anything")

// piece is about how much JSON is written at a time, in bytes.
const piece = 32 << 10

// Results writes the results that a reply has: null for none, the JSON of one, and an array of
// several. It writes piece by piece, also if an error comes later: whoever needs to know before
// writes to io.Discard first. Errors of w are returned as they are.
func (m *Method) Results(w io.Writer, reply []byte) error {
	d := decoder{w: w}
	f := frame(reply)
	switch len(m.results) {
	case 0:
		d.put("null")
	case 1:
		if err := d.value(m.results[0], &f); err != nil {
			return m.inReply("result", err)
		}
	default:
		d.put("[")
		for i, c := range m.results {
			if i > 0 {
				d.put(",")
			}
			if err := d.value(c, &f); err != nil {
				return m.inReply(fmt.Sprintf("result %d", i+1), err)
			}
		}
		d.put("]")
	}
	if err := f.end(); err != nil {
		return m.inReply("reply", err)
	}
	return d.flush()
}

// Element writes an element of the sequence that m returns, as Results does.
func (m *Method) Element(w io.Writer, element []byte) error {
	if m.stream == nil || m.bytes {
		return fmt.Errorf("%s returns no sequence", m.Name)
	}
	d := decoder{w: w}
	f := frame(element)
	err := d.value(m.stream, &f)
	if err == nil {
		err = f.end()
	}
	if err != nil {
		return m.inReply("element", err)
	}
	return d.flush()
}

// IsStream reports whether m returns a sequence, or a reader.
func (m *Method) IsStream() bool { return m.stream != nil }

// IsReader reports whether m returns a reader: what it reads is no JSON.
func (m *Method) IsReader() bool { return m.bytes }

// A ReplyError says that what a library has answered can't be JSON.
type ReplyError struct {
	method string
	err    error
}

func (e *ReplyError) Error() string { return e.method + ": " + e.err.Error() }

// Unwrap returns why.
func (e *ReplyError) Unwrap() error { return e.err }

func (m *Method) inReply(what string, err error) error {
	var failed *writeError
	if errors.As(err, &failed) {
		return failed.error
	}
	return &ReplyError{m.Name, in(err, what)}
}

// A writeError is not the library's.
type writeError struct{ error }

// A decoder reads the wire and writes JSON.
type decoder struct {
	w     io.Writer
	out   []byte // not yet written to w
	depth int    // of arrays and objects
	seen  []bool // fields of the structs that are being read, the innermost last
}

func (d *decoder) put(text string) { d.out = append(d.out, text...) }

func (d *decoder) flush() error {
	_, err := d.w.Write(d.out)
	d.out = d.out[:0]
	return err
}

// full is flush for what is not the end.
func (d *decoder) full() error {
	if len(d.out) < piece {
		return nil
	}
	if err := d.flush(); err != nil {
		return &writeError{err}
	}
	return nil
}

// enter begins an array or object, and leave ends it.
func (d *decoder) enter(bracket string) error {
	if d.depth++; d.depth > MaxDepth {
		return fmt.Errorf("more than %d arrays and objects inside each other", MaxDepth)
	}
	d.put(bracket)
	return nil
}

func (d *decoder) leave(bracket string) {
	d.depth--
	d.put(bracket)
}

func (d *decoder) value(c *codec, f *frame) error {
	if err := d.full(); err != nil {
		return err
	}
	if c.width > 0 {
		b, err := f.take(uint64(c.width))
		if err != nil {
			return err
		}
		return d.fixed(c, b)
	}
	switch c.kind {
	case sliceKind, arrayKind:
		return d.list(c, f)
	case mapKind:
		return d.mapped(c, f)
	case bytesKind, rawKind:
		n, b, err := f.list(1)
		switch {
		case err != nil:
			return err
		case n != len(b):
			return damaged("%d bytes, where there are %d", n, len(b))
		case b == nil || c.kind == rawKind && n == 0:
			d.put("null")
			return nil
		case c.kind == rawKind:
			return d.raw(b)
		}
		return d.base64(b)
	}
	inside, err := f.inside()
	if err != nil {
		return err
	}
	if len(inside) == 0 && c.nilable() {
		d.put("null")
		return nil
	}
	switch c.kind {
	case stringKind, textKind:
		return d.text(inside)
	case binaryKind:
		return d.base64(inside)
	case errorKind:
		text, err := treeMessage(inside)
		if err != nil {
			return err
		}
		return d.text(bytes.ToValidUTF8(text, []byte("\uFFFD")))
	case pointerKind:
		if err := d.value(c.elem, &inside); err != nil {
			return err
		}
		return inside.end()
	case structKind:
		return d.object(c.object, inside)
	}
	return d.union(c, inside)
}

// fixed writes a value of a fixed size.
func (d *decoder) fixed(c *codec, b frame) error {
	switch c.kind {
	case boolKind:
		if b[0] > 1 {
			return damaged("a bool that is %d", b[0])
		}
		d.out = strconv.AppendBool(d.out, b[0] == 1)
	case intKind:
		d.out = strconv.AppendInt(d.out, signed(b), 10)
	case uintKind:
		d.out = strconv.AppendUint(d.out, unsigned(b), 10)
	case floatKind:
		d.float(b)
	case complexKind:
		d.put("[")
		d.float(b[:len(b)/2])
		d.put(",")
		d.float(b[len(b)/2:])
		d.put("]")
	case timeKind:
		return d.time(b)
	}
	return nil
}

func unsigned(b frame) uint64 {
	var eight [8]byte
	copy(eight[:], b)
	return binary.LittleEndian.Uint64(eight[:])
}

func signed(b frame) int64 {
	unused := 64 - 8*len(b)
	return int64(unsigned(b)<<unused) >> unused
}

func (d *decoder) float(b frame) {
	if len(b) == 4 {
		d.out = jsontext.AppendFloat(d.out, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
		return
	}
	d.out = jsontext.AppendFloat(d.out, math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
}

// The seconds since 1970 from the year 0 to the year 9999, which is what RFC 3339 has.
const (
	firstSecond = -62167219200
	lastSecond  = 253402300799
)

// time writes a time in RFC 3339, which has no seconds in the offset of a zone: they are left out, and
// the instant stays the same.
func (d *decoder) time(b frame) error {
	const day = 24 * 3600
	seconds, nanos, east := signed(b[:8]), unsigned(b[8:12]), signed(b[12:])
	utc := east == math.MinInt32
	if nanos >= 1e9 || !utc && (east < -day || east > day) {
		return damaged("a time of %d nanoseconds, %d seconds east of UTC", nanos, east)
	}
	east -= east % 60
	if utc || east <= -day || east >= day {
		east = 0
	}
	if seconds < firstSecond-east || seconds > lastSecond-east {
		return errors.New("a time outside of the years 0 to 9999, which RFC 3339 does not have")
	}
	d.put(`"`)
	d.out = time.Unix(seconds, int64(nanos)).In(time.FixedZone("", int(east))).AppendFormat(d.out, time.RFC3339Nano)
	d.put(`"`)
	return nil
}

// text writes a string, of which the JSON may be several times as long.
func (d *decoder) text(s []byte) error {
	if !utf8.Valid(s) {
		return ErrNotText
	}
	d.put(`"`)
	for len(s) > 0 {
		n := min(len(s), piece)
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n++
		}
		d.out = jsontext.AppendEscaped(d.out, string(s[:n]))
		if err := d.full(); err != nil {
			return err
		}
		s = s[n:]
	}
	d.put(`"`)
	return nil
}

func (d *decoder) base64(b []byte) error {
	const triples = piece / 3 * 3
	d.put(`"`)
	for len(b) > 0 {
		n := min(len(b), triples)
		d.out = base64.StdEncoding.AppendEncode(d.out, b[:n])
		if err := d.full(); err != nil {
			return err
		}
		b = b[n:]
	}
	d.put(`"`)
	return nil
}

// raw writes what is JSON already, in one line.
func (d *decoder) raw(b []byte) error {
	if err := jsontext.Check(b, MaxDepth-d.depth); err != nil {
		return fmt.Errorf("it is not JSON that can be inside of other: %w", err)
	}
	d.out = jsontext.AppendCompact(d.out, b)
	return d.full()
}

// list writes a slice or an array.
func (d *decoder) list(c *codec, f *frame) error {
	n, elements, err := f.list(c.elem.least())
	switch {
	case err != nil:
		return err
	case c.kind == arrayKind && (n != c.count || elements == nil):
		return damaged("an array of %d elements, not %d", n, c.count)
	case elements == nil:
		d.put("null")
		return nil
	}
	if err := d.enter("["); err != nil {
		return err
	}
	for i := range n {
		if i > 0 {
			d.put(",")
		}
		if err := d.value(c.elem, &elements); err != nil {
			return inElement(err, i)
		}
	}
	d.leave("]")
	return elements.end()
}

// An entry of a map, by where its key and its value end in the frame.
type entry struct{ begin, value, end uint32 }

// mapped writes a map, sorted by its keys.
func (d *decoder) mapped(c *codec, f *frame) error {
	n, all, err := f.list(c.key.least() + c.elem.least())
	if err != nil {
		return err
	}
	if all == nil {
		d.put("null")
		return nil
	}
	entries, err := c.entries(all, n)
	if err != nil {
		return err
	}
	brackets := "{}"
	if !c.key.isName() {
		brackets = "[]"
	}
	if err := d.enter(brackets[:1]); err != nil {
		return err
	}
	for i, e := range entries {
		key, value := all[e.begin:e.value], all[e.value:e.end]
		if i > 0 {
			d.put(",")
		}
		if err := d.entry(c, key, value); err != nil {
			return c.key.inEntry(err, key, i)
		}
	}
	d.leave(brackets[1:])
	return nil
}

// entries finds the n entries of a map, and sorts them.
func (k *codec) entries(all frame, n int) ([]entry, error) {
	if uint64(len(all)) > math.MaxUint32 {
		return nil, damaged("a map of %d bytes", len(all))
	}
	entries := make([]entry, n)
	rest := all
	at := func() uint32 { return uint32(len(all) - len(rest)) }
	for i := range entries {
		entries[i].begin = at()
		if _, err := rest.of(k.key); err != nil {
			return nil, err
		}
		entries[i].value = at()
		if _, err := rest.of(k.elem); err != nil {
			return nil, err
		}
		entries[i].end = at()
	}
	if err := rest.end(); err != nil {
		return nil, err
	}
	compare := func(a, b entry) int { return k.key.compare(all[a.begin:a.value], all[b.begin:b.value]) }
	slices.SortFunc(entries, compare)
	for i := 1; i < n; i++ {
		if compare(entries[i-1], entries[i]) == 0 {
			return nil, damaged("a map with the same key twice")
		}
	}
	return entries, nil
}

// compare orders keys: numbers and text as such, and others by their bytes.
func (k *codec) compare(a, b frame) int {
	switch k.kind {
	case intKind:
		return cmp.Compare(signed(a), signed(b))
	case uintKind:
		return cmp.Compare(unsigned(a), unsigned(b))
	case stringKind, textKind:
		return bytes.Compare(a[4:], b[4:])
	}
	return bytes.Compare(a, b)
}

// inEntry adds to err which entry of a map it is about.
func (k *codec) inEntry(err error, key frame, i int) error {
	switch k.kind {
	case intKind:
		return inEntry(err, strconv.FormatInt(signed(key), 10))
	case uintKind:
		return inEntry(err, strconv.FormatUint(unsigned(key), 10))
	case stringKind, textKind:
		return inEntry(err, string(key[4:]))
	}
	return inElement(err, i)
}

func (d *decoder) entry(c *codec, key, value frame) error {
	if !c.key.isName() {
		return d.pair(c, key, value)
	}
	switch c.key.kind {
	case stringKind, textKind:
		if err := d.text(key[4:]); err != nil {
			return err
		}
	default:
		d.put(`"`)
		if err := d.fixed(c.key, key); err != nil {
			return err
		}
		d.put(`"`)
	}
	d.put(":")
	return d.value(c.elem, &value)
}

// pair writes an entry whose key is no name.
func (d *decoder) pair(c *codec, key, value frame) error {
	if err := d.enter(`{"key":`); err != nil {
		return err
	}
	if err := d.value(c.key, &key); err != nil {
		return inField(err, "key")
	}
	d.put(`,"value":`)
	if err := d.value(c.elem, &value); err != nil {
		return inField(err, "value")
	}
	d.leave("}")
	return nil
}

// union writes a value with its type. One of a type that is not known is nil, as in Go.
func (d *decoder) union(c *codec, f frame) error {
	id, err := f.uint32()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(c.of, func(m member) bool { return m.id == id })
	if i < 0 {
		d.put("null")
		return nil
	}
	if err := d.enter(`{"type":`); err != nil {
		return err
	}
	d.out = jsontext.AppendString(d.out, c.of[i].name)
	d.put(`,"value":`)
	if err := d.value(c.of[i].codec, &f); err != nil {
		return inField(err, "value")
	}
	d.leave("}")
	return f.end()
}

// object writes a struct.
func (d *decoder) object(o *object, f frame) error {
	if err := d.enter("{"); err != nil {
		return err
	}
	base := len(d.seen)
	d.seen = append(d.seen, make([]bool, len(o.members)+o.groups)...)
	first := true
	if err := d.members(o, o.root, f, base, &first); err != nil {
		return err
	}
	d.seen = d.seen[:base]
	d.leave("}")
	return nil
}

// members writes the fields of a group that JSON has. What was seen of the object is in d.seen
// from base on.
func (d *decoder) members(o *object, g *group, f frame, base int, first *bool) error {
	for len(f) > 0 {
		tag, err := f.uint32()
		if err != nil {
			return err
		}
		no, isMember := g.members[tag]
		inner := g.groups[tag]
		if !isMember && inner == nil {
			if err := f.skip(tag); err != nil {
				return err
			}
			continue
		}
		if inner != nil {
			no = len(o.members) + inner.no
		}
		if d.seen[base+no] {
			return damaged("a struct with the same field twice")
		}
		d.seen[base+no] = true
		if inner != nil {
			err = d.embedded(o, inner, &f, base, first)
		} else if err = d.member(&o.members[no], &f, first); err != nil {
			err = inField(err, o.members[no].name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// embedded writes the fields of an embedded struct, of which there are none if it is a nil pointer.
func (d *decoder) embedded(o *object, g *group, f *frame, base int, first *bool) error {
	inside, err := f.inside()
	if err != nil {
		return err
	}
	if g.pointer {
		if len(inside) == 0 {
			return nil
		}
		pointed := inside
		if inside, err = pointed.inside(); err != nil {
			return err
		}
		if err := pointed.end(); err != nil {
			return err
		}
	}
	return d.members(o, g, inside, base, first)
}

// member writes one field, unless its tag has it omitted.
func (d *decoder) member(m *objectMember, f *frame, first *bool) error {
	value, err := f.of(m.codec)
	if err != nil {
		return err
	}
	if m.omits(value) {
		return nil
	}
	if !*first {
		d.put(",")
	}
	*first = false
	d.out = append(jsontext.AppendString(d.out, m.name), ':')
	if !m.quoted {
		return d.value(m.codec, &value)
	}
	inner := decoder{w: new(bytes.Buffer)}
	if err := inner.value(m.codec, &value); err != nil {
		return err
	}
	if err := inner.flush(); err != nil {
		return err
	}
	text := inner.w.(*bytes.Buffer).Bytes()
	if string(text) == "null" {
		d.put("null")
		return nil
	}
	return d.text(text)
}

// omits reports whether a field with that value is left out.
func (m *objectMember) omits(value frame) bool {
	if !m.omitEmpty && !m.omitZero {
		return false
	}
	c := m.codec
	switch c.kind {
	case boolKind, intKind, uintKind:
		return unsigned(value) == 0
	case floatKind:
		return unsigned(value)<<(64-c.bits+1) == 0 // without the sign
	case complexKind:
		return m.omitZero && unsigned(value[:8]) == 0 && unsigned(value[8:]) == 0
	case timeKind:
		const yearOne = -62135596800
		return m.omitZero && signed(value[:8]) == yearOne && unsigned(value[8:12]) == 0
	case stringKind, pointerKind, unionKind, errorKind:
		return len(value) == 4
	case bytesKind, rawKind, sliceKind, mapKind:
		return len(value) == 4 || m.omitEmpty && len(value) == 8
	}
	return false
}
