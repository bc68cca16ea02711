package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"
)

var kinds = map[string]func(){
	"exit":      func() { os.Exit(3) },
	"fault":     func() { debug.SetPanicOnFault(true); *wild = 1 },
	"traceback": func() { debug.SetTraceback("crash"); panic("crash drill with all goroutines") },
	"long":      func() { panic(string(make([]byte, 100<<20))) },
	"two":       func() { go panic("first"); go os.Exit(5); panic("third") },
	"locked": func() {
		go func() {
			runtime.LockOSThread()
			panic("crash on a locked thread")
		}()
		select {}
	},
	"later": func() {
		go func() {
			time.Sleep(20 * time.Millisecond)
			panic("crash of an idle library")
		}()
	},
	"c-segv":       cSegv,
	"libc-segv":    libcSegv,
	"printf-segv":  printfSegv,
	"abort":        cAbort,
	"free-damaged": freeDamaged,
}

var (
	nowhere = uintptr(0x1234567000) // where nothing is mapped
	wild    = *(**int)(unsafe.Pointer(&nowhere))
)
