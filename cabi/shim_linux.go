//go:build cgo && linux && (amd64 || arm64)

package cabi

// The shim replaces, in this library only and at link time, the C functions
// through which the Go runtime and C code take hold of the process. With
// --wrap=SYM (ld(1)) an undefined reference to SYM becomes __wrap_SYM, and
// __real_SYM is the original. shim.h says which file has which:
//
//	crosscall2            every call from C into Go: marks the thread as inside
//	pthread_create        every thread: remembered, joinable, can be ended
//	pthread_join, _detach C code that ends its threads itself
//	mmap, munmap, mremap  every mapping: remembered
//	open, ..., close      files of C code: remembered
//	pthread_key_*         destructors go through a stub that the host owns
//	pthread_setspecific   marks threads that have a destructor to run
//	sigaction             handlers go to the host's dispatch table
//	pthread_sigmask,      the signal that ends a thread is not blocked
//	sigprocmask
//
// HOTSO_SHIM sets the flag in the descriptor that says so.

// #cgo CFLAGS: -DHOTSO_SHIM
// #cgo LDFLAGS: -Wl,--wrap=crosscall2
// #cgo LDFLAGS: -Wl,--wrap=pthread_create -Wl,--wrap=pthread_join -Wl,--wrap=pthread_detach
// #cgo LDFLAGS: -Wl,--wrap=mmap -Wl,--wrap=mmap64 -Wl,--wrap=munmap -Wl,--wrap=mremap
// #cgo LDFLAGS: -Wl,--wrap=open -Wl,--wrap=open64 -Wl,--wrap=openat -Wl,--wrap=openat64
// #cgo LDFLAGS: -Wl,--wrap=creat -Wl,--wrap=creat64 -Wl,--wrap=socket -Wl,--wrap=socketpair
// #cgo LDFLAGS: -Wl,--wrap=accept -Wl,--wrap=accept4 -Wl,--wrap=pipe -Wl,--wrap=pipe2
// #cgo LDFLAGS: -Wl,--wrap=dup -Wl,--wrap=dup2 -Wl,--wrap=dup3 -Wl,--wrap=memfd_create -Wl,--wrap=close
// #cgo LDFLAGS: -Wl,--wrap=pthread_key_create -Wl,--wrap=pthread_key_delete -Wl,--wrap=pthread_setspecific
// #cgo LDFLAGS: -Wl,--wrap=sigaction -Wl,--wrap=pthread_sigmask -Wl,--wrap=sigprocmask
import "C"
