//go:build linux && cgo

// Command libhotso is libhotso.so, package host for programs in any language: see include/hotso.h.
// Build it with make libhotso.
//
// The functions of hotso.h are in C (entry.c). They refuse a forked child and a second copy before
// anything of Go runs, which would hang there, and else call the function of the same name here, without
// the prefix. What these do is package foreign's affair; here values go from one language to the other.
package main

func main() {}
