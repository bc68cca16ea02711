// Library exclusive holds a lock file while it is started, as a database does, and can't start
// while another version holds it. It counts, and hands the total on.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/testdata/libs/internal/mishap"
)

// FAIL1 in the environment is what goes wrong in version 1, and so on: start, hang-start, crash-start,
// health, crash-health, restore, save, hang-save, crash-save, stop (which forgets to close the
// file), hang-stop, crash-stop or held.
var fail = mishap.Mishap(os.Getenv("FAIL" + cabi.Version()))

var (
	total atomic.Int64
	lock  *os.File
)

// held is a function of the host's that takes its time: meanwhile the version stays in the process.
var held = cabi.Host0[cabi.None]("Held")

func init() {
	cabi.OnStart(func(context.Context) (err error) {
		// LOCK is in the library's environment.
		if lock, err = os.OpenFile(os.Getenv("LOCK"), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
			return err
		}
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return fmt.Errorf("another version holds %s: %w", lock.Name(), err)
		}
		if fail == "held" {
			go held()
		}
		return fail.At("start")
	})
	cabi.OnHealth(func(context.Context) error { return fail.At("health") })
	cabi.OnStop(func(context.Context) error {
		if err := fail.At("stop"); err != nil {
			return nil
		}
		return lock.Close()
	})
	cabi.OnSave(func() ([]byte, error) {
		return binary.LittleEndian.AppendUint64(nil, uint64(total.Load())), fail.At("save")
	})
	cabi.OnRestore(func(state []byte) error {
		if err := fail.At("restore"); err != nil {
			return err
		}
		total.Store(int64(binary.LittleEndian.Uint64(state)))
		return nil
	})
}

// Increment adds one and returns the total.
//
//export Increment
func Increment() int64 { return total.Add(1) }

// Hold calls the host, and returns when that does.
//
//export Hold
func Hold() { _, _ = held() }

// Fail returns an error.
//
//export Fail
func Fail() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error { return errors.New("as told") }))
}

// Exit ends the version's runtime.
//
//export Exit
func Exit() { os.Exit(4) }

func main() {}
