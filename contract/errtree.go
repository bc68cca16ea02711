package contract

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

const (
	// MaxErrors is how many errors of a tree cross; those beyond arrive as text.
	MaxErrors = 64
	// MaxErrorText is how many bytes of the text of one error cross.
	MaxErrorText = 4 << 10
	// maxTree is about how many bytes a tree takes; with its text it fits into a message.
	maxTree = 40 << 10
)

// The kinds of errors in a tree.
const (
	errorText     = 0 // text, then the errors that it wraps
	errorSentinel = 1 // ID of the name, then as errorText
	errorTyped    = 2 // ID of the name, the value with its length, then as errorText
)

// std are the sentinels of the standard library that keep their identity.
var std = map[string]error{
	"io.EOF": io.EOF, "io.ErrUnexpectedEOF": io.ErrUnexpectedEOF, "io.ErrClosedPipe": io.ErrClosedPipe,
	"io.ErrNoProgress": io.ErrNoProgress, "io.ErrShortBuffer": io.ErrShortBuffer, "io.ErrShortWrite": io.ErrShortWrite,
	"fs.ErrInvalid": fs.ErrInvalid, "fs.ErrPermission": fs.ErrPermission, "fs.ErrExist": fs.ErrExist,
	"fs.ErrNotExist": fs.ErrNotExist, "fs.ErrClosed": fs.ErrClosed,
	"context.Canceled": context.Canceled, "context.DeadlineExceeded": context.DeadlineExceeded,
	"os.ErrNoDeadline": os.ErrNoDeadline, "os.ErrDeadlineExceeded": os.ErrDeadlineExceeded,
	"os.ErrProcessDone": os.ErrProcessDone, "errors.ErrUnsupported": errors.ErrUnsupported,
	"contract.ErrGone": ErrGone, "contract.ErrFrame": ErrFrame, "contract.ErrCycle": ErrCycle, "contract.ErrValue": ErrValue,
	"contract.ErrTooLarge": ErrTooLarge, "contract.ErrNoImplementation": ErrNoImplementation,
}

// Errors are the sentinels and error types that keep their identity in a contract.
type Errors struct {
	names map[error]uint32
	byID  map[uint32]error
	types []errorType
}

// An errorType is an error type of a contract.
type errorType struct {
	id     uint32
	encode func(e *Encoder, err error) bool
	decode func(d *Decoder) error
}

// Type adds an error type: encode writes the value if err is of this type, and reports
// whether it is; decode reads it. It is for init functions.
func (s *Errors) Type(name string, encode func(e *Encoder, err error) bool, decode func(d *Decoder) error) {
	s.types = append(s.types, errorType{ID(name), encode, decode})
}

// NewErrors returns the Errors of a contract with these sentinels, by name, beside those of
// io, io/fs, context, os, errors, and of this package.
func NewErrors(sentinels map[string]error) *Errors {
	s := &Errors{names: map[error]uint32{}, byID: map[uint32]error{}}
	for _, names := range []map[string]error{std, sentinels} {
		for name, err := range names {
			if comparable(err) {
				s.names[err], s.byID[ID(name)] = ID(name), err
			}
		}
	}
	return s
}

// comparable reports whether err may be the key of a map.
func comparable(err error) (yes bool) {
	if err == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	same := err
	return err == same // it panics if its type can't be compared
}

// Encode writes an error with all that it wraps; nil as nothing.
func (s *Errors) Encode(e *Encoder, err error) {
	left := MaxErrors
	s.encode(e, err, &left)
}

func (s *Errors) encode(e *Encoder, err error, left *int) {
	if err == nil {
		e.Nil()
		return
	}
	*left--
	at := e.Begin()
	s.identity(e, err)
	e.String(cut(err.Error(), min(MaxErrorText, max(maxTree-len(e.buf), 0))))
	list := e.List(0)
	count := uint32(0)
	for _, inner := range wrapped(err) {
		if inner == nil {
			continue
		}
		if *left <= 0 {
			break // those before took what there was
		}
		s.encode(e, inner, left)
		count++
	}
	patch(e, list, count)
	e.End(list)
	e.End(at)
}

// cut is the beginning of a text, without a part of a character at its end.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}

// identity writes which error it is.
func (s *Errors) identity(e *Encoder, err error) {
	if comparable(err) {
		if id, ok := s.names[err]; ok {
			e.Uint8(errorSentinel)
			e.Uint32(id)
			return
		}
	}
	for _, t := range s.types {
		start, failed := len(e.buf), e.err
		e.Uint8(errorTyped)
		e.Uint32(t.id)
		at := e.Begin()
		if t.encode(e, err) {
			e.End(at)
			if (failed != nil || e.err == nil) && len(e.buf) <= maxTree {
				return
			}
			e.err = failed // what can't cross, or is too large, arrives as text
		}
		e.buf = e.buf[:start]
	}
	e.Uint8(errorText)
}

// Decode reads an error, nil if there is none.
func (s *Errors) Decode(d *Decoder) error {
	left := MaxErrors
	return s.decode(d, &left)
}

func (s *Errors) decode(d *Decoder, left *int) error {
	outer, ok := d.Optional(64)
	if !ok {
		return nil
	}
	if *left--; *left < 0 {
		d.Fail("more than %d errors in a tree", MaxErrors)
		return nil
	}
	var known error
	typed := false
	switch kind := d.Uint8(); kind {
	case errorText:
	case errorSentinel:
		known = s.byID[d.Uint32()]
	case errorTyped:
		id := d.Uint32()
		inner := d.Begin()
		for _, t := range s.types {
			if t.id == id && d.OK() {
				known, typed = t.decode(d), true
			}
		}
		if !typed && d.OK() {
			d.off = d.end
		}
		d.End(inner)
	default:
		d.Fail("an error of kind %d", kind)
	}
	e := &Error{Text: d.String()}
	count, list, ok := d.List(4, 16)
	if ok {
		for range count {
			if inner := s.decode(d, left); inner != nil {
				e.Wrapped = append(e.Wrapped, inner)
			}
		}
		d.End(list)
	}
	d.End(outer)
	switch {
	case d.err != nil:
		return nil
	case typed && len(e.Wrapped) > 0 && len(wrapped(known)) == 0:
		e.Wrapped = append([]error{known}, e.Wrapped...) // its fields do not hold what it wrapped
		return e
	case known != nil:
		return known // it has its text, and wraps what its fields say
	}
	return e
}

// wrapped is what err has inside it.
func wrapped(err error) []error {
	switch w := err.(type) {
	case interface{ Unwrap() error }:
		if inner := w.Unwrap(); inner != nil {
			return []error{inner}
		}
	case interface{ Unwrap() []error }:
		return w.Unwrap()
	}
	return nil
}

// An Error is an error of the other side that has no identity here: its text, and what it
// wraps, which errors.Is and errors.As find.
type Error struct {
	Text    string
	Wrapped []error
}

func (e *Error) Error() string { return e.Text }

// Unwrap returns what e wraps.
func (e *Error) Unwrap() []error { return e.Wrapped }

// A CallError is the error that an implementation returned, as its caller gets it: its
// text is the implementation's, and errors.Is and errors.As find what the implementation
// returned, and also how the call went: the host's error, which names the library.
type CallError struct {
	Err  error // of the implementation
	Call error // of the host
}

func (e *CallError) Error() string { return e.Err.Error() }

// Unwrap returns both.
func (e *CallError) Unwrap() []error { return []error{e.Err, e.Call} }

// A detailed error brings the tree of an implementation's error along. Package cabi and
// host hand it on as it is.
type detailed struct {
	error
	tree []byte
}

// Unwrap returns the error itself.
func (e *detailed) Unwrap() error { return e.error }

// ErrorDetail returns the tree, as docs/wire.md says.
func (e *detailed) ErrorDetail() []byte { return e.tree }

// detail encodes err for the way to the caller.
func (s *Errors) detail(err error) error {
	var e Encoder
	s.Encode(&e, err)
	if e.Err() != nil {
		return err
	}
	return &detailed{err, e.buf}
}

// fromDetail is what the caller gets of an error of the host: with the tree that it brings
// along, if there is one.
func (s *Errors) fromDetail(err error) error {
	if _, ok := errors.AsType[*CallError](err); ok {
		return err // of another call, which was to come before
	}
	var with interface{ ErrorDetail() []byte }
	if !errors.As(err, &with) || len(with.ErrorDetail()) == 0 {
		return err
	}
	d := newDecoder(with.ErrorDetail())
	inner := s.Decode(d)
	if d.Done() != nil || inner == nil {
		return err
	}
	return &CallError{inner, err}
}
