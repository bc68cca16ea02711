package invoke

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/rank"
)

// builtinStreams are the open streams of a builtin, by their handles.
type builtinStreams struct {
	mu   rank.Mutex[rank.BuiltinStreams]
	last uint64
	live map[uint64]*builtinStream
	over bool
}

// A builtinStream runs a sequence on a goroutine of its own, a piece at a time, as it is read.
type builtinStream struct {
	pieces chan builtinPiece
	want   chan struct{}
	cancel context.CancelFunc
	closed chan struct{}
	close  func() // closes it, once
}

type builtinPiece struct {
	data     []byte
	err      error
	panicked bool
}

var errNothingToRead = errors.New("there is nothing to read: the sequence is nil")

// open opens a stream of the sequence that begin returns. Its context ends when the stream is closed, and
// before it is opened when call does.
//
// The sequence has a lease for as long as it runs: the version stops when it has ended.
func (bs *builtinStreams) open(t *Target, call context.Context, begin func(context.Context) (iter.Seq2[[]byte, error], error)) (handle uint64, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer context.AfterFunc(call, cancel)()
	opened := false
	defer func() {
		if !opened { // also if begin panics
			cancel()
		}
	}()
	seq, err := begin(ctx)
	if err == nil && seq == nil {
		err = errNothingToRead
	}
	if err != nil {
		return 0, err
	}
	closed := make(chan struct{})
	s := &builtinStream{
		pieces: make(chan builtinPiece), want: make(chan struct{}), cancel: cancel, closed: closed,
		close: sync.OnceFunc(func() { close(closed); cancel() }), // in this order: what ends by the context was closed
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if bs.over {
		return 0, errors.New("the version has stopped")
	}
	if bs.live == nil {
		bs.live = map[uint64]*builtinStream{}
	}
	lease, ok := t.gate.EnterOwner()
	if !ok {
		return 0, t.closedError()
	}
	bs.last++
	bs.live[bs.last] = s
	opened = true
	go func() {
		defer t.leaveUncounted(lease)
		s.run(seq)
	}()
	return bs.last, nil
}

func (s *builtinStream) run(seq iter.Seq2[[]byte, error]) {
	defer s.cancel()
	defer close(s.pieces)
	last := builtinPiece{err: errors.New("panic: the sequence has ended its goroutine (runtime.Goexit)"), panicked: true}
	defer func() {
		if last.err != nil {
			s.give(last)
		}
	}()
	defer func() {
		if r := recover(); r != nil {
			last.err = fmt.Errorf("panic: %v", r)
		}
	}()
	if s.wanted() {
		for data, err := range seq {
			if !s.give(builtinPiece{data: data, err: err}) || err != nil || !s.wanted() {
				break
			}
		}
	}
	last.err = nil
}

// wanted waits until a piece is, and reports false if none will be.
func (s *builtinStream) wanted() bool {
	select {
	case <-s.want:
		return true
	case <-s.closed:
		return false
	}
}

func (s *builtinStream) give(p builtinPiece) bool {
	select {
	case s.pieces <- p:
		return true
	case <-s.closed:
		return false
	}
}

// read is hotso_stream_read.
func (b *Builtin) read(t *Target, handle uint64, p []byte) (status int32, length uintptr, err error) {
	lease, ok := t.gate.EnterOwner()
	if !ok {
		return 0, 0, t.closedError()
	}
	defer t.leaveUncounted(lease)
	if t.Dead() {
		return 0, 0, t.CrashError()
	}
	b.streams.mu.Lock()
	s := b.streams.live[handle]
	b.streams.mu.Unlock()
	if s == nil {
		return b.keep(abi.Error, fmt.Appendf(nil, "stream %d is closed", handle)), 0, nil
	}
	select {
	case s.want <- struct{}{}:
	case <-s.closed:
	}
	var piece builtinPiece
	select {
	case piece, ok = <-s.pieces:
	case <-s.closed:
		ok = false
	}
	if t.Dead() {
		return 0, 0, t.CrashError()
	}
	switch {
	case ok && piece.err == nil && len(piece.data) <= len(p):
		return abi.OK, uintptr(copy(p, piece.data)), nil
	case ok && piece.err == nil:
		return b.keep(abi.TooSmall, append([]byte(nil), piece.data...)), uintptr(len(piece.data)), nil
	}
	ended := !ok && s.isOpen() // a sequence may end because it was closed
	b.close(handle)
	switch {
	case ended:
		return abi.End, 0, nil
	case !ok:
		return b.keep(abi.Error, fmt.Appendf(nil, "stream %d was closed", handle)), 0, nil
	case piece.panicked:
		return b.keep(abi.Panic, []byte(piece.err.Error())), 0, nil
	}
	defer b.recover(&status) // of its Error
	return b.statusOf(piece.err), 0, nil
}

func (s *builtinStream) isOpen() bool {
	select {
	case <-s.closed:
		return false
	default:
		return true
	}
}

// close is hotso_stream_close.
func (b *Builtin) close(handle uint64) {
	b.streams.mu.Lock()
	s := b.streams.live[handle]
	delete(b.streams.live, handle)
	b.streams.mu.Unlock()
	if s != nil {
		s.close()
	}
}

// closeAll closes those that are left. No more are opened.
func (bs *builtinStreams) closeAll() {
	bs.mu.Lock()
	live := bs.live
	bs.live, bs.over = nil, true
	bs.mu.Unlock()
	for _, s := range live {
		s.close()
	}
}
