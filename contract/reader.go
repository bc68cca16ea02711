package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"runtime"
	"sync"
)

// chunk bounds how many bytes of a reader cross at a time.
const chunk = 64 << 10

// Reader writes a reader of the caller's as an argument, which the implementation can read until
// the call of the method has returned.
func (c *Call) Reader(r io.Reader) {
	var mu sync.Mutex // guards failed
	var failed error  // comes after the bytes that came with it
	c.Func(r == nil, func(_ context.Context, d *Decoder, e *Encoder) error {
		size := d.Uint32()
		if err := d.Done(); err != nil {
			return err
		}
		mu.Lock()
		err := failed
		mu.Unlock()
		if err != nil {
			return err
		}
		buffer := make([]byte, min(size, chunk))
		n, err := r.Read(buffer)
		if n == 0 || err == nil {
			e.ByteSlice(buffer[:n])
			return err
		}
		mu.Lock()
		failed = err
		mu.Unlock()
		e.ByteSlice(buffer[:n])
		return nil
	})
}

// ReaderOf is a reader of the caller's, for the implementation; nil if f is.
func ReaderOf(f *HostFunc) io.Reader {
	if f == nil {
		return nil
	}
	return hostReader{f}
}

type hostReader struct{ f *HostFunc }

func (h hostReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	call := h.f.Begin()
	defer call.Free()
	call.Encoder.Uint32(uint32(min(len(p), chunk)))
	if err := call.Ask(); err != nil {
		return 0, h.f.errors.same(err)
	}
	n := copy(p, call.Decoder.ByteSlice())
	return n, call.Done()
}

// same is err itself if it is a sentinel, as readers are compared with io.EOF.
func (s *Errors) same(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return err
}

// Bytes are the pieces of a reader that a method has returned, which is closed behind them if it
// can be.
func Bytes[R io.Reader](r R, err error) (Pieces, error) {
	if err != nil {
		return nil, err
	}
	if v := reflect.ValueOf(r); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, errors.New("the reader is nil")
	}
	return func(e *Encoder, yield func(error) bool) {
		if closer, ok := any(r).(io.Closer); ok {
			defer closer.Close()
		}
		if e == nil {
			return
		}
		buffer := make([]byte, chunk)
		for {
			n, err := r.Read(buffer)
			e.reset()
			e.buf = append(e.buf, buffer[:n]...)
			if n > 0 && !yield(nil) || err == io.EOF {
				return
			}
			if err != nil {
				yield(err)
				return
			}
		}
	}, nil
}

// Open frees a call whose arguments were written and calls the method, which returns a reader.
// Who is given the reader closes it.
func Open(c *Call, method int) (io.ReadCloser, error) {
	b, ctx, o, at, user := c.bound, c.ctx, c.object, c.handleAt, c.user
	err := c.Encoder.Err()
	args := append([]byte(nil), c.Encoder.buf...)
	c.Free()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	pieces, release, err := b.open(ctx, o, method, args, at)
	runtime.KeepAlive(user)
	if err != nil {
		release()
		cancel()
		return nil, err
	}
	next, stop := pull(pieces)
	end := sync.OnceFunc(func() { stop(); release(); cancel() })
	r := &reader{next: next, end: end, errors: b.errors}
	runtime.AddCleanup(r, func(end func()) { go end() }, end) // or it would keep its version
	return r, nil
}

// open calls a method that returns a stream, of an object if o is not nil. release is never nil.
func (b *Bound) open(ctx context.Context, o *object, method int, args []byte, handleAt int) (pieces iter.Seq2[[]byte, error], release func(), err error) {
	release = func() {}
	if o == nil {
		pieces, err = b.remotes[method].Open(ctx, args)
	} else {
		pieces, release, err = o.open(ctx, method, args, handleAt)
	}
	if err != nil {
		err = b.errors.fromDetail(err)
	}
	return pieces, release, err
}

// A reader is the caller's end of one that a method has returned. One goroutine at a time uses it.
type reader struct {
	next   func() ([]byte, error, bool)
	end    func()
	errors *Errors
	rest   []byte // of a piece; valid until the next
	err    error  // of all reads that follow
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		piece, err, ok := r.next()
		switch {
		case !ok:
			r.err = io.EOF
		case err != nil:
			r.err = r.errors.fromDetail(err)
		}
		r.rest = piece
	}
	if r.err != nil {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close tells the implementation that nobody reads any more.
func (r *reader) Close() error {
	r.end()
	r.rest, r.err = nil, fmt.Errorf("read: %w", io.ErrClosedPipe)
	return nil
}
