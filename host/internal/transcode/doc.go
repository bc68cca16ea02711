// Package transcode translates calls of contracts between JSON and the bytes of docs/wire.md, by the
// schema that a library's seal holds, without the Go types. JSON has the form that encoding/json
// gives the same values, where it has one; docs/contracts.md has the rest.
//
// Neither side is trusted. What does not fit is an error that says where. Work and memory are
// bounded by a small multiple of what is read: of a frame no value is JSON that has no bytes of its
// own in it, and a field that is absent is left out. A type that JSON has no form for, or that this
// program does not know, is an error of the methods that mention it.
//
// All of it may be used by several goroutines at the same time.
package transcode
