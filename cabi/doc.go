// Package cabi turns a Go program into a hotso library: a c-shared object that
// a hotso host can load, start, swap, and truly unload, and that programs in
// any other language can call through include/cabi.h.
//
// A library imports cabi, exports functions, and has an empty main:
//
//	package main
//
//	// #include <stdint.h>
//	import "C"
//	import "github.com/hotso/hotso/cabi"
//
//	//export Twice
//	func Twice(n int32) int32 {
//		defer cabi.Recover()
//		return 2 * n
//	}
//
//	func main() {}
//
// A Go host that was opened with package host calls it as
//
//	twice, err := host.Func1[int32, int32](lib, "Twice")
//	...
//	n, err := twice(ctx, 21)
//
// and a C host as
//
//	int32_t (*twice)(int32_t) = (int32_t(*)(int32_t))dlsym(lib, "Twice");
//
// # Exported functions
//
// The body of an export converts, calls plain Go, and converts back. What it defers
// turns a panic into a status and a message, so that it never ends the process:
// [Recover] if it returns a plain value, [RecoverStatus] if it returns a status.
// [String] and [Bytes] read arguments; [Buffer] is where a text or byte result goes.
// All of it is written by hotso gen, from plain Go functions with a //hotso:export:
//
//	defer cabi.RecoverStatus(&answer)
//	buffer := cabi.Out(...)
//	return C.hotso_status(buffer.Text(greet()))
//
// An export by hand that does more than one thing runs it in [Run], [Value], [Text],
// [Data] or [Numbers]:
//
//	return C.hotso_status(cabi.Text(buffer, func() (string, error) {
//		...
//	}))
//
// # Calling the host
//
// A host offers functions by name; a library calls them, from exports and from
// goroutines of its own, and from its init functions on:
//
//	var price = cabi.Host1[string, float64]("Price")   // host.Provide1("Price", func(item string) (float64, error) { ... })
//	...
//	p, err := price("tea")
//
// or by a handle that it is given as an argument ([Callback1]); hotso gen writes that
// for a parameter that is a function. The types are compared when the function is
// found, and a mismatch is an error that names both. [Count] and package cabilog
// are built on that. The host's code runs on the calling thread; everything that
// crosses is copied; an error or panic there is a [*HostError] here.
//
// # Results that fit no call
//
// [Stream] and [Seq] hand out an io.Reader or a sequence of pieces, which the host
// pulls. A stream that nobody reads closes itself ([StreamIdle]), at most
// [MaxStreams] are open, and all are closed when the version stops.
//
// # What linking this package does
//
// It adds the control symbols of cabi.h, and, on linux/amd64 and linux/arm64
// with glibc, a shim that wraps a few C functions at link time so that the
// library can be taken out of a process again. Loaded by a hotso host, the
// library's threads, memory and signal handlers are recorded; loaded by any
// other program, the shim passes everything through and the library behaves
// as any Go c-shared library does.
//
// # Life
//
// [OnStart], [OnHealth], [OnSave], [OnRestore] and [OnStop] register functions that
// the host runs at those moments of a version's life. Register them in an init
// function:
//
//	func init() {
//		cabi.OnStart(func(ctx context.Context) error { return pool.Open(ctx) })
//		cabi.OnHealth(func(ctx context.Context) error { return pool.Ping(ctx) })
//		cabi.OnSave(func() ([]byte, error) { return json.Marshal(sessions) })
//		cabi.OnRestore(func(b []byte) error { return json.Unmarshal(b, &sessions) })
//		cabi.OnStop(func(ctx context.Context) error { return pool.Close() })
//	}
package cabi
