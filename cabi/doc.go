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
// [String] and [Bytes] read arguments; a text or byte result goes into a [Buffer].
// hotso gen writes all of this, from plain Go functions marked with //hotso:export:
//
//	defer cabi.RecoverStatus(&answer)
//	buffer := cabi.Out(...)
//	return C.hotso_status(buffer.Text(greet()))
//
// An export written by hand that does more than one thing runs it in [Run], [Value],
// [Text], [Data] or [Numbers]:
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
// or by a handle that comes as an argument ([Callback1]), for which hotso gen writes the
// code if a parameter is a function. The types are compared when the function is
// looked up, and a mismatch is an error that names both. [Count] and package cabilog
// are built on that. The host's code runs on the calling thread; everything that
// crosses is copied; an error or panic there is a [*HostError] here.
//
// # Results that do not fit into a call
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
// # Signals and C code
//
// Under a hotso host, C code of a library changes no handler, signal mask, signal stack or
// interval timer of the process. What it asks for is kept and told when it asks again, so
// that signal(3) returns the handler that it set before. Its handlers are called:
//
//   - for what it sends to itself by raise, kill, sigqueue or, on the same thread,
//     pthread_kill: before these return, and without the mask of sigaction;
//   - for a SIGSEGV, SIGBUS or SIGFPE of its own instructions, and may leave by siglongjmp.
//     A fault of Go code is a panic as ever, and one in libc is the host's;
//   - by abort(3), for SIGABRT.
//
// They are called for nothing else: what others send to the process is the host's. A thread
// that C code has started may block signals, have a signal stack, and wait for signals that
// other threads of the library send to it. On a thread of the host's, masks are remembered and
// handed on to threads that are started there. alarm(2) and setitimer(2) set no timer; the
// latter fails. The report of the unload says what C code asked for.
//
// # At the end of C code
//
// Functions of atexit(3), on_exit(3), destructors of C++ and those with the attribute destructor
// run once, in the order of dlclose, at an unload: after the hooks of [OnStop], when the
// library's threads have ended, and before its memory is gone. They run on a thread of their own.
// What they call of Go returns at once without a result, threads that they join have ended, and
// they can start none. If one crashes in the library's code, aborts, exits or hangs, the rest is
// left out, and the report says so; a fault in libc ends the process. After a crash of the
// library none of them runs. Functions of pthread_atfork are called until the library has crashed
// or leaves.
//
// # Children
//
// What os/exec starts goes on when the library is unloaded: end it in [OnStop]. It has the
// limit of open files that the host's children have: a Go runtime raises the soft limit when it
// starts, and gives children the one that it found (go.dev/issue/46279), and a library's takes what the
// host's has found. A child with Pdeathsig
// gets that signal when the thread ends that started it (prctl(2), PR_SET_PDEATHSIG): at
// the unload, or earlier, as in any Go program that does not lock the thread.
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
