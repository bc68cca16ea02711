// Package stackcheck looks for threads that may come back to memory which is about to be
// unmapped: threads that nobody has told of. The C code of a library gets them in many
// ways: inside another shared object, such as libstdc++ or libgomp, in libc itself
// (timer_create(2) with SIGEV_THREAD), or by clone(2).
//
//	objects, err := stackcheck.Run(ranges, timeout, libraries, still, brings)   // no thread comes back to
//	                                                             // ranges, but some run in objects
//
// The kernel's live patching has the same question before it takes a function away
// (Documentation/livepatch: "the stack of each task is examined"), and this is its answer:
// each thread of the process but those that are accounted for is stopped for a moment, and
// its registers and every word of its stack are looked at. A word that is an address in
// the ranges may be where it returns to, or what it calls or reads next, so that thread
// is in the way; by chance now and then, which only costs a wait. What a thread has neither
// in a register nor on its stack, but reaches through other memory, is not seen.
//
// Threads of libgomp, which only return, are an exception: see team_linux.go.
//
// Accounted for are the threads that the host's runtime started, since the gate tells when
// they are inside, those of libraries that are loaded, since their shims know them, and
// those that the kernel has for an io_uring, which run none of the process's code.
// A thread once accounted for is not asked again. In a program that is not in Go, whose host is
// libhotso.so, so are the threads that call the host, and those that the program has begun: see program_linux.go.
package stackcheck
