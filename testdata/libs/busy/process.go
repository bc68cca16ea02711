package main

// #include <stdlib.h>
// #include "process.h"
import "C"

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi"
)

// ChangeProcess sets to what it is: directory, umask, limits, environment, ids, and the affinity of the
// thread that calls.
//
//export ChangeProcess
func ChangeProcess() {
	defer cabi.Recover()
	if err := change(); err != nil {
		panic(err)
	}
}

func change() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	syscall.Umask(unix.Umask(0))
	var limit unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_CORE, nil, &limit); err != nil { // asks only
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		return err
	}
	if err := os.Setenv("HOTSO_TEST", "1"); err != nil {
		return err
	}
	if err := os.Unsetenv("HOTSO_TEST"); err != nil {
		return err
	}
	if err := syscall.Setgid(syscall.Getgid()); err != nil {
		return err
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return err
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return err
	}
	own := make(chan error)
	go func() { // of the library's thread, which goes with it
		runtime.LockOSThread()
		own <- unix.SchedSetaffinity(0, &set)
	}()
	if err := <-own; err != nil {
		return err
	}
	cmd := exec.Command("true") // what it changes is the child's
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Run()
}

// ChangeProcessC has C code do the same, with a locale, and reports whether it succeeded.
//
//export ChangeProcessC
func ChangeProcessC() int64 {
	defer cabi.Recover()
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	c := C.CString(dir)
	defer C.free(unsafe.Pointer(c))
	return int64(C.change_process(c))
}

// ChildFiles is the soft limit of open files that a child of the library gets.
//
//export ChildFiles
func ChildFiles() int64 {
	defer cabi.Recover()
	out, err := exec.Command("sh", "-c", "ulimit -Sn").Output()
	if err != nil {
		panic(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}
