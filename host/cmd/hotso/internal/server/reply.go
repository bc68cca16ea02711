package server

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"sync"
	"unicode/utf8"

	"github.com/hotso/hotso/host/internal/jsontext"
)

// errResultNotText: the library made a string that JSON does not have. encoding/json would
// send another one.
var errResultNotText = errors.New("the result is a string that is not UTF-8, which JSON does not have; []byte may be anything")

// writeReply answers a call. A large result is written in pieces: all of it as JSON would be
// in memory for as long as the client takes to read it.
func writeReply(w http.ResponseWriter, value any, version string) error {
	if s, ok := value.(string); ok && !utf8.ValidString(s) {
		return errResultNotText
	}
	jsonHeader(w, http.StatusOK)
	out := writerFor(w, sizeOf(value))
	_, _ = out.WriteString(`{"result":`)
	writeValue(out, value)
	_, _ = out.WriteString(`,"version":`)
	_, _ = out.Write(jsontext.AppendString(out.AvailableBuffer(), version))
	_, _ = out.WriteString("}\n")
	_ = out.Flush() // the client is gone
	if out.Size() == smallReply {
		out.Reset(nil)
		smallWriters.Put(out)
	}
	return nil
}

// smallReply is the buffer of most replies, in bytes. They are used again: garbage of that size would be most of the
// server's.
const smallReply = 4 << 10

var smallWriters = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, smallReply) }}

// writerFor returns a writer for a value of so many bytes.
func writerFor(w io.Writer, size int64) *bufio.Writer {
	if size > smallReply/2 {
		return bufio.NewWriterSize(w, int(min(writePiece, smallReply+size)))
	}
	out := smallWriters.Get().(*bufio.Writer)
	out.Reset(w)
	return out
}

// writeValue writes what a library returned as JSON. Errors of w come with its Flush.
func writeValue(w *bufio.Writer, value any) {
	const piece = 4 << 10 // bytes of a string, elements of a slice
	switch v := value.(type) {
	case []byte:
		quoted(w, func() {
			enc := base64.NewEncoder(base64.StdEncoding, w)
			_, _ = enc.Write(v)
			_ = enc.Close()
		})
		return
	case string:
		quoted(w, func() {
			for len(v) > 0 {
				n := min(len(v), piece)
				for n < len(v) && !utf8.RuneStart(v[n]) {
					n++
				}
				if _, err := w.Write(jsontext.AppendEscaped(w.AvailableBuffer(), v[:n])); err != nil {
					return
				}
				v = v[n:]
			}
		})
		return
	}
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice || list.Len() <= piece {
		writeJSON(w, JSON(value))
		return
	}
	_ = w.WriteByte('[')
	for i := 0; i < list.Len(); i += piece {
		if i > 0 {
			_ = w.WriteByte(',')
		}
		b := marshal(JSON(list.Slice(i, min(i+piece, list.Len())).Interface()))
		if _, err := w.Write(b[1 : len(b)-1]); err != nil {
			return
		}
	}
	_ = w.WriteByte(']')
}

func quoted(w *bufio.Writer, write func()) {
	_ = w.WriteByte('"')
	write()
	_ = w.WriteByte('"')
}

// writeJSON writes a small value.
func writeJSON(w io.Writer, v any) { _, _ = w.Write(marshal(v)) }

// marshal returns v without a line break behind it. It is not HTML, and people read it in
// a terminal.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(`null`) // no value of ours is one that encoding/json can't write
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// sizeOf returns how much memory a result takes, in bytes.
func sizeOf(value any) int64 {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Slice:
		return int64(v.Len()) * int64(v.Type().Elem().Size())
	}
	return 0 // at most abi.MaxStruct
}
