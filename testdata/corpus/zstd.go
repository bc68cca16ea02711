//go:build zstd

package main

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// Streams with goroutines of their own, not closed.
func init() {
	var w *zstd.Encoder
	busy(func() (err error) {
		w, err = zstd.NewWriter(io.Discard)
		return err
	}, func() error {
		_, err := w.Write(make([]byte, 1<<16))
		return err
	})
}
