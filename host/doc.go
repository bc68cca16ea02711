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
// When to swap is the host's decision; package watch reports when there is a new
// version. For a library that is written in plain Go, with //hotso:export above its
// functions, hotso gen writes the exports, and a client that binds all of them:
//
//	greeter, err := client.New(slot)
//	...
//	s, err := greeter.Greet(ctx, "Ada")
//
// # Calls from a library
//
// A host offers functions to its libraries, typed like the others, and takes their
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
// [Callback1] and its kin make a function value an argument of one call; a client that
// hotso gen wrote does so by itself:
//
//	err := greeter.Walk(ctx, "/srv", func(path string, size int64) (bool, error) { ... })
//
// [ReaderFunc1] and its kin bind functions whose result does not fit into a call:
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
// on the way out. [OnEvent] is called for every step, [Slot.Versions] lists them, and
// every error is an [*Error] that names file, step and cause.
//
// # Versions without a library
//
// A version may be linked into the program: [Builtin] is Go code that is called, swapped and drained as a
// library is. With [Fallback] it serves first, and when no other is left; where nothing can be loaded, on Windows and in a
// static program (build tag hotso_static), it is what serves. Files also come from an [io/fs.FS] ([FileIn]) or
// from memory ([Bytes]), by [Slot.SwapTo]. Package host/hosttest makes such versions for tests of hosts.
//
// # State
//
// A version that registers cabi.OnSave and cabi.OnRestore hands its state to one
// that does so too. The new version is loaded, started and checked first, while the
// old one serves. Then new calls wait (the pause, [Swap].Pause), those inside come
// back, the old version saves, the new one restores (restored), and the waiting
// calls go there. If any of this fails or takes longer than [HandoverTimeout], the
// old version goes on with its state, and the error is [ErrState] or [ErrBusy]. So
// every call is applied once, to the state that lives on. If one of the two keeps no
// state, or the old one has crashed, the new one starts without any. What a [Check]
// did to the new version's state is replaced.
//
// # Probation
//
// With [Probation] the previous version stays loaded for a while (warm). Calls go
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
// [Slot.SetShare] changes the share, [Slot.Promote] makes the canary serve, which begins
// a probation, if there is one, and [Slot.Abort] ends it. It is also ended by
// the [Rule] of [Probation], its health hooks, or a crash; its calls
// then go to the version that has served all the time. [Slot.Versions] has the figures of
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
//     and the previous one never stops serving.
//   - Nothing is taken away under a call. A call that outlives [DrainTimeout]
//     quarantines its version, which goes when the call returns.
//   - What was verified is what runs: changing, truncating or deleting the file
//     affects no version that is loaded, and the same path can be loaded again.
//   - Unloaded means that nothing is left: threads, memory, open files, pthread
//     keys, signal handlers, thread-local storage. The [Report] says what there
//     was, and what (if anything) stays, and why.
//   - An error or panic of a library's function becomes a [*CallError]; the
//     library lives on.
//   - If a library's Go runtime ends, by a panic that nobody recovers, a fatal
//     error, a stack overflow, os.Exit, or on request because a call hung, only its
//     version ends; so it does if its C code calls exit, abort or raise, or an
//     assertion of it fails. Callers inside come back with [ErrCrashed] and its last words
//     ([Crash]); later calls wait for the version that the slot falls
//     back to, or for the same one, loaded again, until it is in a crash loop
//     ([CrashLimit], [ErrCrashLoop]).
//
// # Limits
//
//   - Unloading works on linux/amd64 and linux/arm64 with glibc, for libraries
//     that were built with the shim of package cabi. All others load and swap,
//     and stay in the process: resident. Each keeps a share of glibc's static
//     thread-local storage, which is used up after some two hundred loads. As such a
//     library's runtime keeps the signal handlers, the host's can no longer preempt a
//     loop without calls, and a crash of the library ends the host.
//   - On Linux the process needs glibc, dynamically linked, as with CGO_ENABLED=0. With musl, and
//     statically linked, every load is [ErrUnsupported], before anything is loaded.
//   - Elsewhere (riscv64, loong64 and ppc64le, or with the build tag
//     hotso_fallback), purego makes the calls, slower and with floats by reflection, and all
//     libraries are resident. On ppc64le a call takes at most 15 arguments, not 24. Processors
//     that are big-endian or have 32 bits are refused by the compiler.
//   - At most 320 versions that can be unloaded are in a process at a time
//     ([ErrTooMany]); a swap needs room for two of one library. In a host that was built with
//     cgo it is 16, or 320 if glibc is told to set memory aside (docs/limits.md).
//   - An open [Stream] is a call that is inside, and so is a callback: a swap waits
//     for both, and what outlives the drain timeout quarantines the version.
//   - A library runs inside the process: it can read and write all its memory.
//     The seal finds damage, not malice.
//   - What a library needs (DT_NEEDED) the dynamic linker finds, and nobody verifies,
//     unless keys are trusted ([TrustKeys]). Then it must be the system's, or recorded in the
//     manifest. $ORIGIN in a run path leads beside the file with keys only; without, the
//     library is loaded from memory, where nothing is beside it.
//   - A crash is contained as far as Go is memory safe. A fault in the library's own
//     C code ends its version as well, but nobody knows what that code wrote before,
//     nor whether a wild write through unsafe hit the host's memory. A fault deep in
//     libc, called from the library's C code, and an abort of libc's own, which finds its
//     heap damaged, end the process, and so do exit and abort called by shared
//     objects that the library needs and has no copy of. What held a lock of libc's when it called exit, in a
//     callback of libc's for instance, holds it for good.
//   - A caller that is in C code outside the library, or in a callback, when the library
//     crashes first returns from there. Locks of the host's memory that it
//     held across the call are the host's to release.
//   - Goroutines of a library that crashed may run on for some milliseconds, until
//     their threads are ended. The memory that calls gave the library to write to is kept
//     until then. C code that writes to a local variable of C code on
//     another thread, as some do with jobs and condition variables, may hit the
//     stack of a caller that is free already. Deferred functions of the callers do
//     not run.
//   - A runtime that runs out of the process's memory limit is the host's problem
//     as well: the kernel may choose either of the two.
//   - Memory that a library's C code took from
//     malloc, and threads that its C code started behind the shim's back, are the
//     library's to end, in cabi.OnStop. What it mapped is unmapped, and descriptors that it left
//     open are closed, but for those that an io_uring opened or C code opened by
//     instructions of its own. One that it gave to the host is closed as well: a host that keeps
//     it duplicates it (dup(2)). The same is true of memory that it mapped.
//   - A thread of a library that stays in C code outside the library cannot be ended, unless it
//     only waits there (docs/unloading.md): its version is quarantined, the report names the
//     thread, and the unload is tried again.
//   - A call that is inside keeps a thread. [MaxCalls] bounds how many there are.
//   - Nothing takes one call out of a living library. A caller whose context ends
//     gets [ErrHung] and leaves it behind; the version goes when the call returns,
//     or is ended on request ([KillHung], [ForceUnload]). That a caller can leave makes
//     a call some hundred nanoseconds slower, if its context can end; see [Stay].
//   - A library's environment is the host's at the time of its load, changed by [Environ]. A
//     memory limit is that of one runtime: see [MemoryLimit].
//   - Each version has a Go runtime of its own: some threads and megabytes, and a
//     heap, a scheduler and package variables apart from the host's.
//   - What crosses are numbers, bool, text, bytes, slices of numbers and structs of
//     numbers, and functions of these as arguments. A library reads arguments where
//     they are, and only during the call; results are copies. Nothing that a Go pointer
//     leads to is shared beyond a call.
package host
