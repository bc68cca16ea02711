//go:build cgo

package cabi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi"
)

const (
	// MaxStreams is how many streams of a library may be open.
	MaxStreams = 1024
	// StreamIdle is how long an open stream waits for its next read before it
	// closes itself.
	StreamIdle = 2 * time.Minute
	// streamChunk bounds what one read of a reader carries, in bytes.
	streamChunk = 64 << 10
)

// streamIdle is StreamIdle; tests change it.
var streamIdle = StreamIdle

// ErrTooManyStreams: MaxStreams streams of this library are open already.
var ErrTooManyStreams = errors.New("too many open streams")

// Stream opens a stream that the host reads from r, and closes if r is an
// io.Closer: at the end, after an error, when the host closes it, or when nobody
// has read for [StreamIdle]. It returns the handle that an export hands out. It takes
// what a function like os.Open returns:
//
//	//export Open
//	//hotso:signature func(name string) (stream, error)
//	func Open(name *C.hotso_cchar, nameLen C.size_t, result *C.uint64_t) C.hotso_status {
//		return C.hotso_status(cabi.Value((*uint64)(result), func() (uint64, error) {
//			return cabi.Stream(os.Open(cabi.String(unsafe.Pointer(name), uintptr(nameLen))))
//		}))
//	}
//
// and the host, by host.ReaderFunc1:
//
//	open, err := host.ReaderFunc1[string](lib, "Open")
//	...
//	r, err := open(ctx, "big.log")
//	...
//	defer r.Close()
//
// r is read by one call at a time; Close may come during a read.
func Stream(r io.Reader, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	if r == nil {
		return 0, errors.New("there is nothing to read: the reader is nil")
	}
	closer, _ := r.(io.Closer)
	return openStream(&readerStream{r: r, closer: closer})
}

// Seq is [Stream] for the pieces of seq: the host gets each of them whole, if it
// reads with host.Stream.Seq. seq runs on a goroutine of its own, one piece at
// a time, as the host reads; an error ends it. When the host closes the stream,
// yield returns false.
func Seq(seq iter.Seq2[[]byte, error], err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	if seq == nil {
		return 0, errNilSeq
	}
	return openSeq(seq, func() {})
}

func openSeq(seq iter.Seq2[[]byte, error], cancel func()) (uint64, error) {
	s := &seqStream{want: make(chan struct{}), pieces: make(chan piece), closed: make(chan struct{}), cancel: cancel}
	id, err := openStream(s)
	if err == nil {
		go s.run(seq)
	}
	return id, err
}

// SeqContext is [Seq] for a sequence with a context, which ends when the sequence does or
// the host closes the stream.
func SeqContext(open func(context.Context) (iter.Seq2[[]byte, error], error)) (uint64, error) {
	ctx, cancel := context.WithCancel(context.Background())
	seq, err := open(ctx)
	if err == nil && seq == nil {
		err = errNilSeq
	}
	if err != nil {
		cancel()
		return 0, err
	}
	return openSeq(seq, cancel)
}

var errNilSeq = errors.New("there is nothing to read: the sequence is nil")

// A source is where a stream's bytes come from.
type source interface {
	next(limit int) ([]byte, error) // valid until the next call; io.EOF at the end
	close()                         // any number of times, also during next
}

type openedStream struct {
	source
	reading sync.Mutex // one at a time
	idle    *time.Timer
}

var streams struct {
	sync.Mutex
	last uint64
	open map[uint64]*openedStream
}

func openStream(from source) (uint64, error) {
	streams.Lock()
	defer streams.Unlock()
	if len(streams.open) >= MaxStreams {
		from.close()
		return 0, ErrTooManyStreams
	}
	if streams.open == nil {
		streams.open = map[uint64]*openedStream{}
	}
	streams.last++
	id := streams.last
	streams.open[id] = &openedStream{source: from, idle: time.AfterFunc(streamIdle, func() { closeStream(id) })}
	return id, nil
}

func readStream(id uint64, b Buffer) (status int32) {
	defer RecoverStatus(&status)
	streams.Lock()
	s := streams.open[id]
	streams.Unlock()
	*b.len = 0
	if s == nil {
		return fail(fmt.Errorf("stream %d is closed: by its end, by the host, or after %v without a read", id, streamIdle))
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	s.idle.Stop()
	done := false
	defer func() {
		if !done { // also after a panic
			closeStream(id)
		} else {
			s.idle.Reset(streamIdle)
		}
	}()
	data, err := s.next(int(min(b.cap, streamChunk)))
	kept, isKept := err.(keptStatus)
	switch {
	case err == io.EOF && !isOpen(id):
		return fail(errStreamClosed) // a reader may report its own Close as its end
	case err == io.EOF:
		return abi.End
	case isKept:
		return int32(kept)
	case err != nil:
		return fail(err)
	}
	done = true
	if len(data) == 0 {
		return abi.OK
	}
	return fill(b, &data[0], len(data))
}

func isOpen(id uint64) bool {
	streams.Lock()
	defer streams.Unlock()
	return streams.open[id] != nil
}

func closeStream(id uint64) {
	streams.Lock()
	s := streams.open[id]
	delete(streams.open, id)
	streams.Unlock()
	if s != nil {
		s.idle.Stop()
		_ = Run(func() error { s.close(); return nil })
	}
}

// closeStreams closes all streams when this version stops.
func closeStreams() {
	streams.Lock()
	var ids []uint64
	for id := range streams.open {
		ids = append(ids, id)
	}
	streams.Unlock()
	for _, id := range ids {
		closeStream(id)
	}
}

// A readerStream reads into memory of its own: a reader whose call was ejected
// by a crash may still write there.
type readerStream struct {
	r      io.Reader
	closer io.Closer
	once   sync.Once
	buffer []byte
	err    error // returned after the bytes that it came with
}

func (s *readerStream) next(limit int) ([]byte, error) {
	if len(s.buffer) < limit {
		s.buffer = make([]byte, limit)
	}
	for range 100 {
		if s.err != nil {
			return nil, s.err
		}
		n, err := s.r.Read(s.buffer[:limit])
		s.err = err
		if n > 0 || limit == 0 {
			return s.buffer[:n], nil
		}
	}
	return nil, io.ErrNoProgress
}

func (s *readerStream) close() {
	s.once.Do(func() {
		if s.closer != nil {
			_ = s.closer.Close()
		}
	})
}

// A seqStream takes the pieces from the goroutine of a sequence. It is not iter.Pull:
// where goroutines are locked to threads, as in an export, that insists on one thread.
type seqStream struct {
	want   chan struct{}
	pieces chan piece
	closed chan struct{}
	once   sync.Once
	cancel func() // the sequence's context
}

type piece struct {
	data []byte
	err  error
}

// A keptStatus is how a stream ends whose message has been kept already, as a panic's with its stack.
type keptStatus int32

func (keptStatus) Error() string { return "kept with its status" }

var errStreamClosed = errors.New("the stream was closed while it was being read")

func (s *seqStream) next(int) ([]byte, error) {
	select {
	case s.want <- struct{}{}:
	case <-s.closed:
		return nil, errStreamClosed
	}
	select {
	case p := <-s.pieces:
		return p.data, p.err
	case <-s.closed:
		return nil, errStreamClosed
	}
}

func (s *seqStream) close() { s.once.Do(func() { close(s.closed); s.cancel() }) }

// run waits to be asked before each piece, so that the piece that it gave before
// stays unchanged until then.
func (s *seqStream) run(seq iter.Seq2[[]byte, error]) {
	last := piece{err: io.EOF}
	defer func() {
		if r := recover(); r != nil {
			last.err = keptStatus(keepPanic(r))
		}
		s.give(last)
	}()
	if !s.asked() {
		return
	}
	seq(func(data []byte, err error) bool {
		if err != nil {
			last.err = err
			return false
		}
		return s.give(piece{data: data}) && s.asked()
	})
}

func (s *seqStream) asked() bool {
	select {
	case <-s.want:
		return true
	case <-s.closed:
		return false
	}
}

func (s *seqStream) give(p piece) bool {
	select {
	case s.pieces <- p:
		return true
	case <-s.closed:
		return false
	}
}
