package main

import (
	"errors"
	"io"
)

const (
	blockSize = 32 << 10 // bytes
	maxBlocks = 512      // 16 MB: whoever wants more can download the file
)

// blocks reads in large pieces what is asked for in small ones, and remembers them: each piece is a request.
type blocks struct {
	from io.ReaderAt
	size int64
	have map[int64][]byte
}

func newBlocks(from io.ReaderAt, size int64) *blocks { return &blocks{from, size, map[int64][]byte{}} }

// ReadAt is that of io.ReaderAt, for one goroutine at a time.
func (b *blocks) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off < 0 || off >= b.size {
			return n, io.EOF
		}
		block, err := b.block(off / blockSize)
		if err != nil {
			return n, err
		}
		copied := copy(p[n:], block[off%blockSize:])
		n, off = n+copied, off+int64(copied)
	}
	return n, nil
}

func (b *blocks) block(i int64) ([]byte, error) {
	if block, ok := b.have[i]; ok {
		return block, nil
	}
	if len(b.have) == maxBlocks {
		return nil, errors.New("they are spread over more of the file than can be read in parts")
	}
	block := make([]byte, min(blockSize, b.size-i*blockSize))
	if n, err := b.from.ReadAt(block, i*blockSize); n < len(block) {
		return nil, err
	}
	b.have[i] = block
	return block, nil
}
