package pproflabel

import (
	"bytes"
	"io"
)

// A Writer passes on what is written to it. What is gzipped, as profiles are and nothing else that
// package runtime/pprof writes, it keeps until Close, and passes on with labels.
type Writer struct {
	to     io.Writer
	labels []Label
	kept   bytes.Buffer
	passes bool // it is no profile
}

// NewWriter returns one that writes to w.
func NewWriter(w io.Writer, labels ...Label) *Writer { return &Writer{to: w, labels: labels} }

var gzipped = []byte{0x1f, 0x8b} // RFC 1952, 2.3.1

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	if w.passes {
		return w.to.Write(p)
	}
	w.kept.Write(p)
	if w.kept.Len() < len(gzipped) || bytes.HasPrefix(w.kept.Bytes(), gzipped) {
		return len(p), nil
	}
	w.passes = true
	_, err := w.kept.WriteTo(w.to)
	return len(p), err
}

// Close writes what was kept. What is gzipped, but no profile, stays as it is. It does not close the
// writer below.
func (w *Writer) Close() error {
	content := w.kept.Bytes()
	if labelled, err := add(content, w.labels); err == nil {
		content = labelled
	}
	if len(content) == 0 {
		return nil
	}
	_, err := w.to.Write(content)
	return err
}
