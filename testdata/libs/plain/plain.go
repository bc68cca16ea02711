//go:build cgo

package main

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotso/hotso/cabi"
)

func init() {
	if os.Getenv("PLAIN_INIT") == "hang" {
		select {}
	}
}

// add returns a + b.
//
//hotso:export
func add(a, b int32) int32 { return a + b }

// text returns a text.
//
//hotso:export cstring
func text() string { return "text" }

// echo returns its argument, and fails if that is empty.
//
//hotso:export
func echo(text string) (string, error) {
	if text == "" {
		return "", errors.New("the text is empty")
	}
	return text, nil
}

// check fails unless n is even. Its status lies beside its argument.
//
//hotso:export
func check(n int32) error {
	if n%2 != 0 {
		return errors.New("odd")
	}
	return nil
}

// collect runs a garbage collection, which needs other threads than the caller's.
//
//hotso:export
func collect() { runtime.GC() }

// collectBesideLoop runs a collection while another goroutine runs a loop without calls, for about so
// long or until the collection has ended, and returns the nanoseconds that it took. Only a signal
// interrupts such a loop. No timer could end it: none runs while the world stops.
//
//hotso:export
func collectBesideLoop(milliseconds int64) int64 {
	var running, stop atomic.Bool
	const sample = 1 << 24
	begin := time.Now()
	loop(sample, &stop)
	rounds := sample * milliseconds / max(1, time.Since(begin).Milliseconds())
	go func() {
		running.Store(true)
		loop(rounds, &stop)
	}()
	for !running.Load() {
		runtime.Gosched()
	}
	begin = time.Now()
	runtime.GC()
	took := time.Since(begin)
	stop.Store(true)
	return took.Nanoseconds()
}

// loop has no safe point but by preemption.
func loop(rounds int64, stop *atomic.Bool) {
	for i := int64(0); i < rounds && !stop.Load(); i++ {
	}
}

// work keeps this many goroutines busy for so long, and collects meanwhile.
//
//hotso:export
func work(goroutines int32, milliseconds int64) {
	end := time.Now().Add(time.Duration(milliseconds) * time.Millisecond)
	done := make(chan bool)
	for range goroutines {
		go func() {
			for time.Now().Before(end) {
				_ = make([]byte, 1<<16)
				time.Sleep(100 * time.Microsecond)
			}
			done <- true
		}()
	}
	for range goroutines {
		<-done
	}
}

// blockedInChild is what a child has blocked that a goroutine of the library starts, by cabi.Spawn or
// without: a mask of signals in hexadecimal (proc(5), SigBlk).
//
//hotso:export
func blockedInChild(spawn bool) (mask string, err error) {
	done := make(chan bool)
	go func() {
		defer close(done)
		var out strings.Builder
		cmd := exec.Command("grep", "SigBlk", "/proc/self/status")
		cmd.Stdout = &out
		if spawn {
			err = cabi.Spawn(cmd.Start)
		} else {
			err = cmd.Start()
		}
		if err == nil {
			err = cmd.Wait()
		}
		mask = strings.TrimSpace(strings.TrimPrefix(out.String(), "SigBlk:"))
	}()
	<-done
	return mask, err
}

// notified reports whether os/signal delivers a signal that the process sends itself.
//
//hotso:export
func notified(number int32) bool {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.Signal(number))
	defer signal.Stop(c)
	if err := syscall.Kill(os.Getpid(), syscall.Signal(number)); err != nil {
		return false
	}
	select {
	case <-c:
		return true
	case <-time.After(time.Minute):
		return false
	}
}

// fault reads from address 0, which is a panic.
//
//hotso:export
func fault() error {
	var p *int
	_ = *p
	return nil
}

// depth recurses so deep in Go, on the stack of a goroutine.
//
//hotso:export
func depth(n int32) int32 {
	var pad [128]byte
	pad[n%128] = 1
	if n == 0 {
		return int32(pad[0]) - 1
	}
	return depth(n-1) + int32(pad[n%128])
}
