// Library holder has the file HOTSO_FILE open from its start on, in the way of HOTSO_HOW.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"context"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error { return hold(os.Getenv("HOTSO_FILE"), os.Getenv("HOTSO_HOW")) })
}

func hold(file, how string) error {
	if file == "" {
		return nil
	}
	flags := map[string]int{
		"write": unix.O_RDWR, "append": unix.O_WRONLY | unix.O_APPEND, "read": unix.O_RDONLY,
		"flock": unix.O_RDONLY, "fcntl": unix.O_RDWR | unix.O_APPEND, "shared": unix.O_RDONLY,
	}
	flag, ok := flags[how]
	if !ok {
		return fmt.Errorf("HOTSO_HOW is %q", how)
	}
	fd, err := unix.Open(file, flag|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	switch how {
	case "flock":
		return unix.Flock(fd, unix.LOCK_EX) // waits
	case "shared":
		return unix.Flock(fd, unix.LOCK_SH)
	case "fcntl":
		return unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	}
	return nil
}

// Hold holds another file, in that way.
//
//export Hold
func Hold(path *C.hotso_cchar, pathLen C.size_t, how *C.hotso_cchar, howLen C.size_t) {
	defer cabi.Recover()
	if err := hold(cabi.String(unsafe.Pointer(path), uintptr(pathLen)), cabi.String(unsafe.Pointer(how), uintptr(howLen))); err != nil {
		panic(err)
	}
}

func main() {}
