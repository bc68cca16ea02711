// Package house has no code: its test keeps the directions in which the rooms of
// this module may import each other.
//
//	libgreeter, testdata/libs -> cabi -> cabi/abi
//	host/cmd/hotso -> host, host/watch, host/internal
//	host -> host/internal, cabi/abi
//
// What a library links must know nothing of hosts, and a host's program must link
// no cgo of ours. Only package dl imports purego.
package house
