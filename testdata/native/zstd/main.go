// Library zstd has streams open, each with workers of zstd's.
package main

import "C"

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/DataDog/zstd"

	"github.com/hotso/hotso/cabi"
)

var (
	mu      sync.Mutex
	writers []*zstd.Writer
	next    int
	text    = bytes.Repeat([]byte("what a stream is made of, again and again. "), 50000)
)

func init() {
	cabi.OnStart(func(context.Context) error { return open() })
}

func open() error {
	for range 2 {
		w := zstd.NewWriterLevel(io.Discard, 6)
		if err := w.SetNbWorkers(3); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		writers = append(writers, w)
	}
	return nil
}

// Work writes n times to a stream, in turns.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	mu.Lock()
	defer mu.Unlock()
	for range n {
		next++
		if _, err := writers[next%len(writers)].Write(text[:1<<16]); err != nil {
			panic(err)
		}
	}
	return n
}

func main() {}
