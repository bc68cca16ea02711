package registry

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/opencontainers/go-digest"
)

// sums are the digests of a layer and of the file in it. They are reckoned while it grows, beside what downloads it, and each
// on a processor of its own, if there are some.
type sums struct {
	of   Library
	part io.ReaderAt

	mu    sync.Mutex
	grew  *sync.Cond
	have  int64 // bytes that are there
	ended bool  // no more come

	hashing sync.WaitGroup

	size        int64  // of the file
	malformed   error  // what is wrong with the header
	layer, file []byte // digests, after end
	err         error  // of reading, after end
}

// newSums begins with a layer's header and what comes behind it. The caller says what is there by grow, and ends it.
func newSums(l Library, header []byte, part io.ReaderAt) *sums {
	s := &sums{of: l, part: part}
	s.grew = sync.NewCond(&s.mu)
	s.size, s.malformed = readHeader(header, l.Layer.Size, l.FileName())
	layer := sha256.New()
	_, _ = layer.Write(header)
	s.hashing.Go(func() { s.layer = s.hash(layer, l.Layer.Size-headerSize) })
	if s.malformed == nil {
		s.hashing.Go(func() { s.file = s.hash(sha256.New(), s.size) })
	}
	return s
}

// grow says that the first n bytes are there.
func (s *sums) grow(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.have = n
	s.grew.Broadcast()
}

// end says that no more comes, and waits for what is there. It may be called again.
func (s *sums) end() {
	s.mu.Lock()
	s.ended = true
	s.grew.Broadcast()
	s.mu.Unlock()
	s.hashing.Wait()
}

// await waits until there is more than n bytes, or no more comes, and returns how many are there.
func (s *sums) await(n int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.have <= n && !s.ended {
		s.grew.Wait()
	}
	return s.have
}

const pieceSize = 128 << 10 // bytes that are read at a time

// hash is the digest when the first size bytes were added to it; nil if not all of them came, or they can't be read.
func (s *sums) hash(h hash.Hash, size int64) []byte {
	buf := make([]byte, pieceSize)
	for at := int64(0); at < size; {
		have := min(s.await(at), size)
		if have <= at {
			return nil
		}
		piece := buf[:min(have-at, pieceSize)]
		if _, err := s.part.ReadAt(piece, at); err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			return nil
		}
		_, _ = h.Write(piece)
		at += int64(len(piece))
	}
	return h.Sum(nil)
}

// check compares the digests with those that the manifest says.
func (s *sums) check() error {
	switch {
	case s.err != nil:
		return s.err
	case digest.NewDigestFromBytes(digest.SHA256, s.layer) != s.of.Layer.Digest:
		return fmt.Errorf("%w: the layer has the digest sha256:%x", ErrDamaged, s.layer)
	case s.malformed != nil:
		return s.malformed
	case digest.NewDigestFromBytes(digest.SHA256, s.file) != s.of.File:
		return fmt.Errorf("%w: the file in the layer has the digest sha256:%x, and the manifest says %s", ErrNoLibrary, s.file, s.of.File)
	}
	return nil
}
