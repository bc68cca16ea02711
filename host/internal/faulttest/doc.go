// Package faulttest has no code: its test has system calls fail, one after the other, that
// a host makes while it loads, swaps and unloads libraries, and deals with their crashes,
// and looks whether the version that serves serves on and nothing is left.
//
// The host is a process of its own. With seccomp_unotify(2) it hands some thirty system
// calls to the test, which lets them go on, or fail as the kernel might have them fail:
// ENOMEM, EMFILE, ENOSPC, EINTR, EAGAIN. The calls of the host's own Go runtime are spared: it
// ends the process when it gets no memory or no thread, and nothing can be done about it.
//
//	go test ./host/internal/faulttest -fault.seed 42 -fault.time 5m
package faulttest
