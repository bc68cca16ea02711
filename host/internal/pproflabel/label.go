package pproflabel

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
)

// A Label is one of a sample.
type Label struct{ Key, Value string }

// Numbers of fields in profile.proto.
const (
	profileSample      = 2
	profileStringTable = 6
	sampleLabel        = 3
	labelKey           = 1 // an index into the string table, as
	labelStr           = 2
)

// Types of fields, as protobuf encodes them.
const (
	varint = 0
	bytesT = 2 // preceded by their length
)

var errMalformed = errors.New("malformed profile")

// add returns a gzipped profile with labels added to each sample.
func add(profile []byte, labels []Label) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(profile))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	texts := uint64(0)
	for rest := raw; len(rest) > 0; {
		var f field
		if f, rest, err = next(rest); err != nil {
			return nil, err
		}
		if f.is(profileStringTable) {
			texts++
		}
	}
	var added, table []byte // to a sample; to the string table
	for i, l := range labels {
		var label []byte
		label = binary.AppendUvarint(append(label, labelKey<<3|varint), texts+2*uint64(i))
		label = binary.AppendUvarint(append(label, labelStr<<3|varint), texts+2*uint64(i)+1)
		added = appendBytes(added, sampleLabel, label)
		table = appendBytes(table, profileStringTable, []byte(l.Key))
		table = appendBytes(table, profileStringTable, []byte(l.Value))
	}
	var out bytes.Buffer
	to, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // as runtime/pprof has it
	for rest := raw; len(rest) > 0; {
		var f field
		f, rest, _ = next(rest)
		if f.is(profileSample) {
			f.whole = appendBytes(nil, profileSample, f.content, added)
		}
		_, _ = to.Write(f.whole) // to memory
	}
	_, _ = to.Write(table)
	err = to.Close()
	return out.Bytes(), err
}

// A field is one of a message.
type field struct {
	tag     uint64
	whole   []byte
	content []byte // of bytesT
}

// is reports whether it is the field of that number, which has bytes.
func (f *field) is(number uint64) bool { return f.tag == number<<3|bytesT }

// next is the first field of a message. Of the types there are only those of profile.proto.
func next(message []byte) (f field, rest []byte, err error) {
	tag, n := binary.Uvarint(message)
	if n <= 0 {
		return f, nil, errMalformed
	}
	value, m := binary.Uvarint(message[n:])
	end := uint64(n + m)
	switch kind := tag & 7; {
	case m <= 0, kind != varint && kind != bytesT:
		return f, nil, errMalformed
	case kind == bytesT && value > uint64(len(message))-end:
		return f, nil, errMalformed
	case kind == bytesT:
		f.content = message[end : end+value]
		end += value
	}
	f.tag, f.whole = tag, message[:end]
	return f, message[end:], nil
}

// appendBytes appends a field with that content.
func appendBytes(to []byte, number byte, content ...[]byte) []byte {
	size := 0
	for _, c := range content {
		size += len(c)
	}
	to = binary.AppendUvarint(append(to, number<<3|bytesT), uint64(size))
	for _, c := range content {
		to = append(to, c...)
	}
	return to
}
