//go:build cgo

package cabi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/hotso/hotso/cabi/abi"
)

// debugs are written in init functions only, as hooks are.
var debugs = map[string]func(ctx context.Context, w io.Writer, query string) error{}

// OnDebug registers f to write down, whenever a host asks for it, what there is to know of
// this library under that name, which has no slash. Package cabiprofile does so for "pprof",
// package cabivars for "vars" (host.Library.Profile, host.Library.Vars). Call it from an init function; the
// last one of a name counts.
//
// query is what follows the name and a slash, in any form. If there is nothing for it, f returns an error that is
// fs.ErrNotExist. f runs on a goroutine of its own, perhaps
// several times at once, beside the calls. The host reads while f writes; a Write waits while
// the host is slow. ctx ends when nobody reads any more, and when this version stops.
func OnDebug(name string, f func(ctx context.Context, w io.Writer, query string) error) {
	debugs[name] = f
}

// openDebug begins a debug stream.
func openDebug(what string) (id uint64, status int32) {
	name, query, _ := strings.Cut(what, "/")
	f := debugs[name]
	if f == nil {
		return 0, notThere(fmt.Sprintf("nothing is registered for %q (cabi.OnDebug)", name))
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &writtenStream{cancel: cancel}
	s.room.L = &s.mu
	id, err := openStream(s)
	if err != nil {
		return 0, fail(err)
	}
	go s.run(func() error { return f(ctx, s, query) })
	return id, abi.OK
}

func notThere(message string) int32 { return keep(abi.Invalid, []byte(message)) }

// A writtenStream is read while it is written. Nobody waits in a read, which gives nothing if there
// is nothing yet: a reader is inside the library, and a swap would wait for it.
type writtenStream struct {
	cancel func() // who writes

	mu            sync.Mutex
	room          sync.Cond // there is some, or nobody reads any more
	written       []byte    // and not read
	out           []byte    // what was read last
	ended, closed bool
	err           error // at the end
}

// maxWritten is when a Write waits, in bytes.
const maxWritten = 1 << 20

func (s *writtenStream) run(write func() error) {
	err := io.EOF
	defer func() {
		if r := recover(); r != nil {
			err = keptStatus(keepPanic(r))
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended, s.err = true, err
	}()
	switch failed := write(); {
	case errors.Is(failed, fs.ErrNotExist):
		err = keptStatus(notThere(failed.Error()))
	case failed != nil:
		err = failed
	}
}

// Write is for who writes.
func (s *writtenStream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.written) > maxWritten && !s.closed {
		s.room.Wait()
	}
	if s.closed {
		return 0, errStreamClosed
	}
	s.written = append(s.written, p...)
	return len(p), nil
}

func (s *writtenStream) next(limit int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(limit, len(s.written))
	if n == 0 && s.ended {
		return nil, s.err
	}
	s.out = append(s.out[:0], s.written[:n]...)
	s.written = append(s.written[:0], s.written[n:]...)
	s.room.Broadcast()
	return s.out, nil
}

func (s *writtenStream) close() {
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.room.Broadcast()
}
