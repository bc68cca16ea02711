package invoke

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// A Stream is a result that does not fit a call, read piece by piece. Its version
// stays until the stream has ended or is closed: a swap waits for it, for the
// drain timeout at most, as for a call. So close what you do not read to its end.
//
// Read and Seq are for one goroutine at a time. Close may be called by any, also
// during a Read, which it ends if the library's reader can be closed while it is
// read. So does the context that the stream was opened with.
type Stream struct {
	*stream
	rest []byte // of a piece that was larger than what it was read into
}

// stream is what outlives a Stream that was forgotten.
type stream struct {
	target *Target
	ctx    context.Context
	name   string
	id     uint64
	lease  *Lease // of the gate; nothing else of it is used
	err    error  // of a Read, for all that follow

	left atomic.Bool // with the lease

	mu     rank.Mutex[rank.Stream]
	closed bool
	stop   func() bool // watching ctx
	inside int         // reads, and a close: the lease is kept for them
}

// streams are those of a library that have a lease of its gate.
type streams struct {
	mu   rank.Mutex[rank.Streams]
	open map[*stream]struct{}
	over bool
}

// add reports whether s may keep its lease: not if the runtime has ended.
func (ss *streams) add(s *stream) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.over {
		return false
	}
	if ss.open == nil {
		ss.open = map[*stream]struct{}{}
	}
	ss.open[s] = struct{}{}
	return true
}

// end gives back the leases of all streams of a library whose runtime has ended. One
// that is being read has another, as every control call has.
func (ss *streams) end() {
	ss.mu.Lock()
	open := ss.open
	ss.open, ss.over = nil, true
	ss.mu.Unlock()
	for s := range open {
		s.leave()
	}
}

// leave gives the lease back, once.
func (s *stream) leave() {
	if !s.left.CompareAndSwap(false, true) {
		return
	}
	s.target.streams.mu.Lock()
	delete(s.target.streams.open, s)
	s.target.streams.mu.Unlock()
	s.target.leaveUncounted(s.lease)
}

// Read reads the next bytes. Errors are io.EOF at the end, *CallError if the
// library's reader failed, *Crash, life.ErrClosed after Close, and that of the context.
func (s *Stream) Read(p []byte) (int, error) {
	if len(s.rest) > 0 {
		n := copy(p, s.rest)
		s.rest = s.rest[n:]
		return n, nil
	}
	for s.err == nil && len(p) > 0 {
		var n int
		n, s.rest, s.err = s.read(p)
		if n > 0 {
			return n, nil
		}
	}
	return 0, s.err
}

// Seq ranges over the pieces of the stream, as the library gave them to cabi.Seq,
// or over chunks of a reader, and closes it. A piece is valid until the next.
//
//	for piece, err := range s.Seq() {
//		if err != nil {
//			return err
//		}
//		...
func (s *Stream) Seq() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		defer s.Close()
		buffer := make([]byte, 32<<10)
		for s.err == nil {
			n, whole, err := s.read(buffer)
			s.err = err
			piece := buffer[:n]
			if whole != nil {
				buffer = append(buffer[:n], whole...)
				piece, buffer = buffer, buffer[:cap(buffer)]
			}
			if err == nil && !yield(piece, nil) {
				return
			}
		}
		if s.err != io.EOF {
			yield(nil, s.err)
		}
	}
}

// read fills p. A piece that does not fit comes with its rest.
func (s *stream) read(p []byte) (n int, rest []byte, err error) {
	if err := s.ctx.Err(); err != nil {
		return 0, nil, err
	}
	if !s.begin(false) {
		if err := s.ctx.Err(); err != nil { // it has closed the stream just now
			return 0, nil, err
		}
		return 0, nil, &life.Error{Name: s.target.Name, Version: s.target.Version, Step: life.StepCall, Reason: life.ErrClosed}
	}
	defer s.end()
	status, length, err := s.cross(p)
	switch {
	case err != nil:
	case abi.Kind(status) == abi.OK:
		return int(min(length, uintptr(len(p)))), nil, nil
	case abi.Kind(status) == abi.TooSmall:
		whole, taken := s.target.take(status, min(length, maxMessage+1))
		if taken == nil {
			n = copy(p, whole)
			return n, whole[n:], nil
		}
		s.close()
		if err = taken; !s.target.Dead() {
			err = s.failed("its large piece: "+taken.Error(), false)
		}
	case abi.Kind(status) == abi.End:
		err = io.EOF
	default:
		err = s.failed(s.target.message(status), abi.Kind(status) == abi.Panic)
		if s.ctx.Err() != nil {
			err = s.ctx.Err() // which closed it
		}
	}
	if s.begin(true) { // the library has closed it already
		s.forgetContext()
		s.end()
	}
	return 0, nil, err
}

func (s *stream) failed(message string, panicked bool) error {
	text, detail := abi.SplitError(message)
	return calledFrom(&life.CallError{Library: s.target.Name, Version: s.target.Version, Function: s.name,
		Message: text, Detail: detail, Panicked: panicked})
}

// begin reports whether the stream is open, and keeps the lease until end.
func (s *stream) begin(closing bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.closed = closing
	s.inside++
	return true
}

// forgetContext has the end of the context close nothing.
func (s *stream) forgetContext() {
	s.mu.Lock()
	stop := s.stop
	s.mu.Unlock()
	stop()
}

func (s *stream) end() {
	s.mu.Lock()
	s.inside--
	last := s.closed && s.inside == 0
	s.mu.Unlock()
	if last {
		s.leave()
	}
}

// cross makes one hotso_stream_read.
func (s *stream) cross(p []byte) (status int32, length uintptr, err error) {
	if b := s.target.builtin; b != nil {
		return b.read(s.target, s.id, p)
	}
	f, err := s.target.control(s.target.sym.streamRead, func(f *call.Frame) {
		f.Int(s.id)
		f.Pointer(unsafe.Pointer(unsafe.SliceData(p)))
		f.Int(uint64(len(p)))
		f.Pointer(unsafe.Pointer(&f.Length))
	})
	if err != nil {
		return 0, 0, err
	}
	defer f.Put()
	return int32(f.R0), f.Length, nil
}

// Close tells the library that nobody reads any more, and lets it go. Closing
// twice is harmless; the error is always nil.
func (s *Stream) Close() error {
	s.close()
	return nil
}

// StreamHandle is the result of a function that returns a stream.
type StreamHandle uint64

// EndStreams lets the streams of a version go whose runtime has ended.
func (t *Target) EndStreams() { t.streams.end() }

func (s *stream) close() {
	if s.begin(true) {
		defer s.end()
		s.forgetContext()
		if b := s.target.builtin; b != nil {
			b.close(s.id)
			return
		}
		_, _ = s.target.ask(s.target.sym.streamClose, s.id)
	}
}

// EnterStream enters the same version twice: for the call, whose arguments are put
// into the lease, and for the stream, which the caller opens.
func (b *Binding) EnterStream(ctx context.Context) (*Lease, *stream, error) {
	for {
		in, err := b.Enter(ctx)
		if err != nil {
			return nil, nil, err
		}
		if s := in.Value.fn.target.newStream(ctx, b.Name); s != nil {
			return in, s, nil
		}
		in.Value.Release()
		in.Value.fn.target.leaveUncounted(in) // it was closed meanwhile
		runtime.Gosched()
	}
}

// newStream enters for a stream that function name will open, or returns nil.
func (t *Target) newStream(ctx context.Context, name string) *stream {
	held, ok := t.gate.EnterBeyond() // the call gives its own place back
	if !ok {
		return nil
	}
	return t.openStream(ctx, name, held)
}

// openStream makes a stream that keeps the lease.
func (t *Target) openStream(ctx context.Context, name string, held *Lease) *stream {
	s := &stream{target: t, ctx: ctx, name: name, lease: held, stop: func() bool { return true }}
	if !t.streams.add(s) {
		s.leave()
	}
	return s
}

// closeLate closes what a call has opened whose caller has left.
func (s *stream) closeLate(call *abandoned) {
	<-call.over
	if call.failed != nil {
		s.leave()
		return
	}
	s.id = call.scalar
	s.close()
}

// Open makes the call.
func (s *stream) Open(in *Lease) (*Stream, error) {
	returned := false
	defer func() {
		if !returned { // a builtin has ended the goroutine
			s.leave()
		}
	}()
	id, err := Finish[StreamHandle](s.ctx, in)
	returned = true
	if err == nil && s.target.sym.streamRead == 0 && s.target.builtin == nil {
		err = &life.Error{Name: s.target.Name, Version: s.target.Version, Step: life.StepCall, Reason: life.ErrUnsupported}
	}
	if left, ok := errors.AsType[*abandoned](err); ok {
		go s.closeLate(left)
		return nil, err
	}
	if err != nil {
		s.leave()
		return nil, err
	}
	s.id = uint64(id)
	if s.ctx.Done() != nil {
		s.mu.Lock() // it may be closed at once
		s.stop = context.AfterFunc(s.ctx, s.close)
		s.mu.Unlock()
	}
	user := &Stream{stream: s}
	runtime.AddCleanup(user, func(s *stream) { go s.close() }, s)
	return user, nil
}
