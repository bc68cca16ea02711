// Package filelimit knows how many files the process could have open when it began
// (RLIMIT_NOFILE, getrlimit(2)). Package syscall raises that when it starts, and keeps what was
// there to itself, for the children that it starts (syscall/rlimit.go, go.dev/issue/46279).
//
// So this package must start first. It does: packages start in the order of their import paths,
// as far as what they import has started (go.dev/ref/spec#Program_initialization), and this one
// imports nothing. A test notices if that is no longer so.
package filelimit
