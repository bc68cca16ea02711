package host

import (
	"iter"

	"github.com/hotso/hotso/host/internal/invoke"
)

// A Stream is a result that does not fit into a call, read piece by piece. Its version
// stays until the stream has ended or is closed: a swap waits for it as for a call, at
// most for the drain timeout. So close what you do not read to its end.
//
// Read and Seq are for one goroutine at a time. Close may be called by any, also
// during a Read, which then ends if the library's reader can be closed while it is
// being read. The end of the context that opened the stream does the same.
type Stream struct{ s *invoke.Stream }

func newStream(s *invoke.Stream, err error) (*Stream, error) {
	if err != nil {
		return nil, err
	}
	return &Stream{s}, nil
}

// Read reads the next bytes. Errors are io.EOF at the end, *CallError if the
// library's reader failed, *Crash, ErrClosed after Close, and that of the context.
func (s *Stream) Read(p []byte) (int, error) { return s.s.Read(p) }

// Seq ranges over the pieces of the stream, as the library gave them to cabi.Seq,
// or over chunks of a reader, and closes it. A piece is valid until the next.
//
//	for piece, err := range s.Seq() {
//		if err != nil {
//			return err
//		}
//		...
func (s *Stream) Seq() iter.Seq2[[]byte, error] { return s.s.Seq() }

// Close tells the library that nobody reads any more, and releases it. Closing
// twice is harmless; the error is always nil.
func (s *Stream) Close() error { return s.s.Close() }
