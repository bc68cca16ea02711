// Package foreign is what libhotso.so is made of: package host for programs that are not in Go. It knows
// handles, statuses and words where package host has pointers, errors and types, as include/hotso.h
// describes them, and it has no C in it. It is for libhotso only and may change with it; a Go program
// uses package host.
//
// Functions whose name begins with that of a kind of handle take one as their first argument. Errors become
// a status by [FaultOf].
package foreign
