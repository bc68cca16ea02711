// Package tls owns the static thread-local storage that loaded libraries use.
//
// The g of a Go c-shared library (runtime.tlsg) is initial-exec TLS. glibc gives
// dlopened objects only a small surplus of static TLS and takes a block back
// only when it is the last one, so libraries that bring their own block use the
// surplus up after some two hundred reloads. Instead, one permanent object, the
// carrier, holds a block of slots for the life of the process, and the loader
// patches each library so that it works on a borrowed slot.
//
//	carrier, err := tls.Open(loader) // once in a process
//	slot, err := carrier.Acquire()   // before a library is dlopened
//	// constants in the library's GOT: slot.Offset() + the variable's place in it
//	slot.Release()                   // after the library is unmapped
//
// # What a slot contains
//
// Each thread has its own copy of a slot. It is zero in a thread that never was in
// a library with that slot; otherwise it holds what the last such library left
// there: a g pointer into memory that is unmapped by now, and a record. The host
// can't reach the slots of other threads and doesn't zero any: each record
// carries the id of the load that wrote it (abi.RecordOwner), ids are never
// used twice, and the library's shim compares the id at every entry before it
// lets its runtime look at g. A foreign id means: this thread's g is a
// leftover, reset it. The signal dispatcher makes the same comparison.
package tls
