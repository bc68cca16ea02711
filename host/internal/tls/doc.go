// Package tls owns the static thread-local storage that loaded libraries use.
//
// The g of a Go c-shared library (runtime.tlsg) is initial-exec TLS. glibc gives
// dlopened objects only a small surplus of static TLS and takes a block back
// only when it is the last one, so libraries that bring their own block use the
// surplus up after some two hundred reloads. Instead, a carrier holds a block of slots
// for the life of the process, and the loader patches each library so that it works on
// a borrowed slot.
//
// # Where the slots are
//
// The program's own TLS has no limit, as glibc lays it out when the process starts. So a
// program that is linked without cgo has room for abi.MaxSlots slots in its PT_TLS, from
// an assembly symbol (room_amd64.s). With cgo that would be wrong: the same package may
// become part of a c-shared object, whose TLS comes out of the surplus. There the carrier
// is a small shared object, which has as many slots as the surplus lets it have.
//
// Static TLS is memory of every thread, at the end of its stack, which glibc clears when
// it starts one: 23 KiB.
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
