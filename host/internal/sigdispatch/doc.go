// Package sigdispatch routes seven signals in a process with several Go runtimes.
//
// A loaded Go library has a runtime of its own, which wants the handlers of
// SIGSEGV, SIGBUS, SIGFPE, SIGPIPE, SIGURG and SIGPROF as the host's does. The
// kernel keeps one handler per process, so this package installs one that asks
// who is meant. The library's shim never calls sigaction: it writes its
// runtime's handlers into the library's Entry of a permanent table.
//
//	// the loader                              // the library's shim
//	err := sigdispatch.Install()
//	e := sigdispatch.Take(i, id, recordOffset) // cabi config: e.Addr()
//	// dlopen                                  // entry->handlers[HandlerURG] = ...
//	e.SetText(low, high)
//	// calls                                   // record: {owner: id, depth: 1, 2, ...}
//	e.SetDying()
//	// wait until e.Exiting() == 0; unload
//	e.Release()
//
// # Who is meant
//
// A thread is inside the library of an entry when the entry's record in its
// thread-local storage has the entry's owner and a depth above zero.
//
//   - SIGURG (preemption) and SIGPROF go to every library that the thread is
//     inside of, and then always to the host: each runtime keeps a "signal
//     pending" flag per thread, and one that never hears its own SIGURG can't
//     preempt that thread again. If the thread's g belongs to a library that it is
//     outside of, that library may be about to be unmapped; that it missed SIGURG is
//     noted in the record, and the shim sends it again when the thread enters.
//   - SIGSEGV, SIGBUS, SIGFPE and SIGPIPE go to a library if the thread is
//     inside it and the interrupted PC is in its text, and otherwise to the
//     host. One handler gets them, as only one can repair the fault.
//   - A fault at a PC that is in no library and not in the host's Go code, and whose return address
//     is in a library's text, is that library's: it has called strlen(3) of a bad pointer, or
//     what is no function. The return address is on top of the stack (psABI 3.2.2), or in the link
//     register (AAPCS64 6.1.1), only for as long as a function has no frame of its own; so
//     functions that do more, and may hold locks of libc meanwhile, don't count. Nor does a library
//     that has called the host (the highest bit of the depth): what runs then is the host's code, of
//     whatever kind. And what somebody sent is no fault.
//   - abi.KillSignal, which the shim sends to the library's own threads at unload,
//     goes to the library only.
//
// The owner makes table changes safe without a lock: an entry whose owner is in
// a record with depth above zero is in use, so nobody is changing it. A PC range
// alone would not do; a torn read of a changing entry would match now and then.
//
// # Why assembly
//
// The handler runs on threads of every kind, also on those that a library
// created: the host's g is nil there and no Go stack exists. So the dispatcher
// and the key stub are C ABI functions that call no Go, in dispatch_amd64.s
// and, line by line its twin, dispatch_arm64.s. They need a C library whose
// thread control block starts with its own address on amd64 (glibc, musl), so
// no entry may be taken in a process without one. Idle, they don't look at it.
package sigdispatch
