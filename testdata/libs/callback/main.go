// Library callback calls its host: functions by name, functions that it is given, and
// for logs and counts. It also returns streams.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/cabi/cabilog"
)

// A Point is a struct that is passed between host and library.
type Point struct {
	X, Y float64
	Tag  uint8
}

var (
	early = cabi.Host1[string, cabi.None]("Early")
	greet = cabi.Host2[string, int32, string]("Greet")
	void  = cabi.Host0[cabi.None]("Void")
	mixed = cabi.Host3[[]float64, Point, bool, Point]("Mixed")
	wrong = cabi.Host1[int32, string]("Greet")
	big   = cabi.Host1[int64, []byte]("Big")
	log   = cabilog.New()
)

func init() {
	_, _ = early("init")
	cabi.OnStart(func(context.Context) error { _, err := early("start"); return ignoreMissing(err) })
	cabi.OnStop(func(context.Context) error { _, err := early("stop"); return ignoreMissing(err) })
}

func ignoreMissing(err error) error {
	if e := (*cabi.HostError)(nil); errors.As(err, &e) {
		return nil
	}
	return err
}

// Greet asks the host for a text; n is passed on.
//
//export Greet
func Greet(name *C.hotso_cchar, nameLen C.size_t, n int32, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	buffer := cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen))
	return C.hotso_status(cabi.Text(buffer, func() (string, error) {
		return greet(cabi.String(unsafe.Pointer(name), uintptr(nameLen)), n)
	}))
}

// GreetElsewhere is Greet on a goroutine of the library's own.
//
//export GreetElsewhere
func GreetElsewhere(n int32, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	buffer := cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen))
	return C.hotso_status(cabi.Text(buffer, func() (s string, err error) {
		done := make(chan struct{})
		go func() { defer close(done); s, err = greet("elsewhere", n) }()
		<-done
		return s, err
	}))
}

// Void calls a function without parameters or result.
//
//export Void
func Void() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error { _, err := void(); return err }))
}

// Mixed passes numbers, a struct and a bool, and adds up what comes back.
//
//export Mixed
func Mixed(result *float64) C.hotso_status {
	return C.hotso_status(cabi.Value(result, func() (float64, error) {
		p, err := mixed([]float64{1, 2, 3.5}, Point{4, 5, 6}, true)
		return p.X + p.Y + float64(p.Tag), err
	}))
}

// Wrong calls a function of the host with another signature than the host's.
//
//export Wrong
func Wrong() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error { _, err := wrong(1); return err }))
}

// Big makes the host return n bytes, and returns how many came.
//
//export Big
func Big(n int64, result *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(result, func() (int64, error) {
		b, err := big(n)
		if len(bytes.Trim(b, "b")) > 0 {
			return 0, errors.New("other bytes")
		}
		return int64(len(b)), err
	}))
}

// Each calls visit, a function of the host's, n times, and returns the sum.
//
//export Each
func Each(visit uint64, n int32, result *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(result, func() (sum int64, err error) {
		see := cabi.Callback1[int32, int64](visit)
		for i := range n {
			v, err := see(i)
			if err != nil {
				return sum, err
			}
			sum += v
		}
		return sum, nil
	}))
}

// Log writes two log records and adds to one counter.
//
//export Log
func Log() {
	defer cabi.Recover()
	log.Debug("not wanted")
	log.With("a", 1).WithGroup("g").Info("hello", "took", time.Second, "ok", true, slog.Group("h", "err", io.EOF))
	cabi.Count("greetings", 3)
}

// VoidElsewhere makes a goroutine of the library's own call Void, and does not wait.
//
//export VoidElsewhere
func VoidElsewhere() {
	go func() { _, _ = void() }()
}

// Crash ends the runtime.
//
//export Crash
func Crash() {
	go panic("crashed as told")
	select {}
}

// CrashLater ends the runtime when the host has called back.
//
//export CrashLater
func CrashLater() C.hotso_status {
	go func() {
		_, _ = greet("crash", 0)
		panic("crash while a caller is in a callback")
	}()
	_, err := void()
	return C.hotso_status(cabi.Run(func() error { return err }))
}

// Bytes is a stream of n bytes, which ends as told: "", "error", "panic", "crash"
// or "hang". With "slow" the host is told before it is opened.
//
//export Bytes
//hotso:signature func(n int64, end string) (stream, error)
func Bytes(n int64, end *C.hotso_cchar, endLen C.size_t, result *C.uint64_t) C.hotso_status {
	return C.hotso_status(cabi.Value((*uint64)(result), func() (uint64, error) {
		how := cabi.String(unsafe.Pointer(end), uintptr(endLen))
		if how == "refuse" {
			return cabi.Stream(nil, errors.New("refused as told"))
		}
		if how == "slow" {
			_, _ = early("opening")
		}
		return cabi.Stream(&numbers{left: n, end: how, closed: make(chan struct{})}, nil)
	}))
}

// numbers counts in bytes.
type numbers struct {
	at, left int64
	end      string
	closed   chan struct{}
}

func (r *numbers) Read(p []byte) (n int, err error) {
	for n < len(p) && r.left > 0 {
		p[n] = byte(r.at)
		r.at, r.left, n = r.at+1, r.left-1, n+1
	}
	if n > 0 {
		return n, nil
	}
	switch r.end {
	case "error":
		return 0, errors.New("broke off as told")
	case "panic":
		panic("panicked as told")
	case "crash":
		go panic("crashed as told")
		select {}
	case "hang":
		<-r.closed
		return 0, io.ErrClosedPipe
	}
	return 0, io.EOF
}

func (r *numbers) Close() error {
	close(r.closed)
	_, _ = early("closed")
	return nil
}

// Pieces is a stream of n pieces, the last of them of size bytes.
//
//export Pieces
//hotso:signature func(n int32, size int32) (stream, error)
func Pieces(n, size int32, result *C.uint64_t) C.hotso_status {
	return C.hotso_status(cabi.Value((*uint64)(result), func() (uint64, error) { return cabi.Seq(pieces(n, size), nil) }))
}

func pieces(n, size int32) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := range n - 1 {
			if !yield(fmt.Append(nil, "piece ", i), nil) {
				_, _ = early("left")
				return
			}
		}
		if size < 0 {
			yield(nil, errors.New("broke off as told"))
			return
		}
		yield(bytes.Repeat([]byte("x"), int(size)), nil)
	}
}

func main() {}
