// A library that can be profiled, with work to find in the profiles.
package main

// #include "../../../include/cabi.h"
import "C"

import (
	"context"
	"expvar"
	"io"
	"math"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
	_ "github.com/hotso/hotso/cabi/cabiprofile"
	_ "github.com/hotso/hotso/cabi/cabivars"
)

var (
	calls = expvar.NewInt("calls")
	kept  [][]byte
	mu    sync.Mutex
)

func init() {
	expvar.NewString("version").Set(cabi.Version())
	cabi.OnDebug("panics", func(context.Context, io.Writer, string) error { panic("in a report") })
	cabi.OnDebug("endless", func(_ context.Context, w io.Writer, _ string) error { return writeBytes(w, math.MaxInt) })
	cabi.OnDebug("bytes", func(_ context.Context, w io.Writer, query string) error {
		n, err := strconv.Atoi(query)
		if err != nil {
			return err
		}
		return writeBytes(w, n)
	})
	cabi.OnDebug("silent", func(ctx context.Context, _ io.Writer, _ string) error { <-ctx.Done(); return ctx.Err() })
}

// writeBytes writes n bytes: 0, 1, ..., 255, 0, ...
func writeBytes(w io.Writer, n int) error {
	var piece [1021]byte
	for at := 0; at < n; at += len(piece) {
		for i := range piece {
			piece[i] = byte(at + i)
		}
		if _, err := w.Write(piece[:min(len(piece), n-at)]); err != nil {
			return err
		}
	}
	return nil
}

// Burn keeps a processor busy for that many milliseconds.
//
//export Burn
func Burn(ms int64) (sum int64) {
	defer cabi.Recover()
	calls.Add(1)
	for end := time.Now().Add(time.Duration(ms) * time.Millisecond); time.Now().Before(end); {
		sum += burnHere(100_000)
	}
	return sum
}

//go:noinline
func burnHere(n int64) (sum int64) {
	for i := range n {
		sum += i * i
	}
	return sum
}

// Keep holds on to that many bytes more.
//
//export Keep
func Keep(n int64) int64 {
	defer cabi.Recover()
	mu.Lock()
	defer mu.Unlock()
	kept = append(kept, keepHere(n))
	return int64(len(kept))
}

//go:noinline
func keepHere(n int64) []byte { return make([]byte, n) }

// Fail panics in a function that was called with text.
//
//export Fail
func Fail(text *C.hotso_cchar, n C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		failHere(cabi.String(unsafe.Pointer(text), uintptr(n)))
		return nil
	}))
}

//go:noinline
func failHere(text string) { panic(text) }

func main() {}
