// Package host loads Go libraries into a running Go program, replaces them while
// they are called, and takes the old ones out of the process again. The host
// needs no cgo: build it with CGO_ENABLED=0.
//
// A library is a c-shared object that imports package cabi, built and sealed by
// hotso build:
//
//	//export Add
//	func Add(a, b int32) int32 {
//		defer cabi.Recover()
//		return a + b
//	}
//
// A host that wants one version opens it and binds its functions:
//
//	lib, err := host.Open(ctx, "build/libgreeter.v1.so")
//	...
//	defer lib.Close(ctx)
//	add, err := host.Func2[int32, int32, int32](lib, "Add")
//	...
//	sum, err := add(ctx, 1, 2)
//
// A host that wants to replace versions binds to a [Slot]. The functions are
// bound once and always reach the version that serves:
//
//	slot := host.NewSlot("greeter")
//	defer slot.Close(ctx)
//	add, err := host.Func2[int32, int32, int32](slot, "Add")
//	...
//	_, err = slot.Swap(ctx, "build/libgreeter.v2.so")
//
// When to swap is the host's decision; package watch tells when there is a new
// version. For a library that is written in plain Go, with //hotso:export above its
// functions, hotso gen writes the exports, and a client that binds all of them:
//
//	greeter, err := client.New(slot)
//	...
//	s, err := greeter.Greet(ctx, "Ada")
//
// # Calls from a library
//
// A host offers functions to its libraries, typed as the others, and takes their
// logs and metrics:
//
//	slot := host.NewSlot("shop", host.WithLogger(slog.Default()),
//		host.Provide1("Price", func(item string) (float64, error) { ... }))
//
// where the library says
//
//	var price = cabi.Host1[string, float64]("Price")
//	...
//	p, err := price("tea")
//
// [Callback1] and its kin make a function value an argument of one call; a client of
// hotso gen does it by itself:
//
//	err := greeter.Walk(ctx, "/srv", func(path string, size int64) (bool, error) { ... })
//
// [ReaderFunc1] and its kin bind functions whose result fits no call:
//
//	open, err := host.ReaderFunc1[string](slot, "Open") // cabi.Stream(os.Open(name))
//	...
//	r, err := open(ctx, "big.log")
//	...
//	defer r.Close()
//
// # The life of a version
//
// A file is read once, into private memory (found), and judged before any of its
// code runs: ELF, machine, ABI, seal, name, and the functions that the host has
// bound (verified). Then it is mapped and its Go runtime comes up (loaded), its
// start hooks run (started), its health hooks and the host's own [Check] agree
// (healthy), and only then do calls reach it (serving). A version that is
// replaced gets no new call (retiring), the calls inside come back (drained), its
// stop hooks run, and it is taken out of the process (unloaded).
//
// Each other way out has a [State] of its own: refused and failed on the way in;
// quarantined while a call or thread holds it, resident if it cannot be unloaded,
// on the way out. [OnEvent] hears of every step, [Slot.Versions] lists them, and
// every error is an [*Error] that names file, step and cause.
//
// # State
//
// A version that registers cabi.OnSave and cabi.OnRestore hands its state to one
// that does so too. The new version is loaded, started and checked first, while the
// old one serves. Then new calls wait (the pause, [Swap].Pause), those inside come
// back, the old version saves, the new one restores (restored), and the waiting
// calls go there. If any of this fails or takes longer than [HandoverTimeout], the
// old version goes on with its state, and the error is [ErrState] or [ErrBusy]. So
// every call is applied once, to the state that goes on. If one of the two keeps no
// state, or the old one has crashed, the new one begins anew. What a [Check] did to
// the new version's state is replaced.
//
// # Probation
//
// With [Probation] the version before stays loaded for a while (warm). Calls go
// back to it, with the state, if too many calls of the new version fail, if its
// health hooks do, or if it crashes; the new one is then failed, and the events say
// why:
//
//	slot := host.NewSlot("greeter", host.Probation(30*time.Second, host.Rule{Errors: 0.05}))
//
// [Slot.Rollback] goes back by hand, also later: the version is then loaded again
// from the slot's own copy.
//
// # Canary
//
// [Slot.Canary] has a new version answer a share of the calls, at random or by key,
// beside the one that serves (canary):
//
//	_, err := slot.Canary(ctx, "build/libgreeter.v2.so", host.Share{Percent: 5},
//		host.Promotion{Calls: 1000, After: 10 * time.Minute, Errors: 0.01})
//	...
//	s, err := greet(host.WithKey(ctx, user), "Ada") // a user stays with a version
//
// [Slot.SetShare] changes the share, [Slot.Promote] has the canary serve, at which point a
// probation begins, if there is one, and [Slot.Abort] ends it. It is aborted without
// being asked by the [Rule] of [Probation], its health hooks, or a crash; its calls
// then go to the version that served all the time. [Slot.Versions] has the figures of
// both. A version that hands its state over is refused ([ErrTwoStates]).
//
// # What is promised
//
//   - A swap loses no call, nor does a canary. A call is answered by a version that
//     served, or was a canary, at some moment between its begin and its end.
//   - A crash of a canary costs the calls that are inside it, and no other.
//   - A call that changes a state that is handed over changes it once. Only a
//     crash loses state: that of the version that crashed.
//   - A version that does not get through all its steps never receives a call,
//     and the one before never stops serving.
//   - Nothing is taken away under a call. A call that outlives [DrainTimeout]
//     quarantines its version, which goes when the call returns.
//   - What was verified is what runs: changing, truncating or deleting the file
//     reaches no version that is loaded, and the same path can be loaded again.
//   - Unloaded means that nothing is left: threads, memory, open files, pthread
//     keys, signal handlers, thread-local storage. The [Report] says what there
//     was, and what (if anything) stays, and why.
//   - An error or panic of a library's function becomes a [*CallError]; the
//     library lives on.
//   - A Go runtime of a library that ends, by a panic that nobody recovers, a fatal
//     error, a stack overflow, os.Exit, or on request because a call hung, ends its
//     version only. Callers inside come back with [ErrCrashed] and its last words
//     ([Crash]); calls that come later wait for the version that the slot falls
//     back to, or for the same one, loaded again, until it is in a crash loop
//     ([CrashLimit], [ErrCrashLoop]).
//
// # Limits
//
//   - Unloading works on linux/amd64 and linux/arm64 with glibc, for libraries
//     that were built with the shim of package cabi. All others load and swap,
//     and stay in the process: resident. Each keeps a share of glibc's static
//     thread-local storage, which is used up after some two hundred loads. As its runtime
//     keeps the signal handlers, the host's can't preempt a loop without calls
//     any more, and a crash is the host's.
//   - Elsewhere (riscv64, loong64 and ppc64le, or with the build tag
//     hotso_fallback), purego makes the calls, slower and with floats by reflection, and all
//     libraries are resident. On ppc64le 15 arguments fit a call, not 24. Processors
//     that are big-endian or have 32 bits are refused by the compiler.
//   - At most 16 libraries that can be unloaded are in a process at a time
//     ([ErrTooMany]); a swap needs room for two versions of one of them.
//   - An open [Stream] is a call that is inside, and so is a callback: a swap waits
//     for both, and what outlives the drain timeout quarantines the version.
//   - A library runs inside the process: it can read and write all its memory.
//     The seal finds damage, not malice.
//   - A crash is contained as far as Go is memory safe. A fault in the library's own
//     C code ends its version as well, but what that code wrote before, or a wild
//     write through unsafe that hit the host's memory, nobody knows. A fault in
//     libc, called from the library's C code, and abort(3) end the process.
//   - A caller that is in C code outside the library or in a callback when it
//     crashes comes back from there first. Locks of the host's memory that it
//     held across the call are the host's to release.
//   - Goroutines of a library that crashed may run on for some milliseconds, until
//     their threads are ended. What the calls gave the library to write to is kept
//     for them until then. C code that writes to a local variable of C code on
//     another thread, as some do with jobs and condition variables, may hit the
//     stack of a caller that is free already. Deferred functions of the callers do
//     not run.
//   - A runtime that runs out of the process's memory limit is the host's problem
//     as well: the kernel may choose either of the two.
//   - Plain files that a library left open, memory from C's malloc that it never
//     freed, and threads that its C code started behind the shim's back are the
//     library's to end, in cabi.OnStop. Sockets and pipes of its Go runtime are
//     closed.
//   - A thread of a library that stays in C code cannot be ended: its version is
//     quarantined, the report names the thread, and the unload is tried again.
//   - Nothing takes one call out of a living library. A caller whose context ends
//     gets [ErrHung] and leaves it behind; the version goes when the call returns,
//     or is ended on request ([KillHung], [ForceUnload]). That a caller can leave makes
//     a call some hundred nanoseconds slower, if its context can end; see [Stay].
//   - Each version has a Go runtime of its own: some threads and megabytes, and a
//     heap, a scheduler and package variables apart from the host's.
//   - What crosses are numbers, bool, text, bytes, slices of numbers and structs of
//     numbers, and functions of these as arguments. A library reads arguments where they are, during the call only; results
//     are copies. Nothing that a Go pointer leads to is shared beyond a call.
package host
