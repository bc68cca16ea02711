package foreign

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
)

// A stream is one that is open.
type stream struct {
	*host.Stream
	reading sync.Mutex
	cancel  context.CancelFunc
}

func (s *stream) release() error {
	_ = s.Close()
	s.cancel()
	return nil
}

// StreamOpen calls a function that returns a stream. The limit is for all of it.
func StreamOpen(h Handle, name string, args []Value, timeout time.Duration, key string) (Handle, error) {
	t, err := lookup[target](h)
	if err != nil {
		return 0, err
	}
	converted, err := arguments(name, args)
	if err != nil {
		return 0, err
	}
	ctx, cancel := Context(timeout, key)
	s, err := t.CallStream(ctx, name, converted...)
	if err != nil {
		cancel()
		return 0, err
	}
	return handles.add(&stream{Stream: s, cancel: cancel}), nil
}

// StreamRead reads the next bytes to p. At the end the error is io.EOF.
func StreamRead(h Handle, p []byte) (int, error) {
	s, err := lookup[*stream](h)
	if err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, fmt.Errorf("%w: a buffer without room", host.ErrArgument)
	}
	if !s.reading.TryLock() {
		return 0, fmt.Errorf("%w: another thread reads the stream", host.ErrBusy)
	}
	defer s.reading.Unlock()
	for {
		n, err := s.Read(p)
		switch {
		case n > 0:
			return n, nil // an error comes again
		case err == io.EOF:
			return 0, io.EOF
		case err != nil:
			return 0, err
		}
	}
}
