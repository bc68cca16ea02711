// Package gen writes what lies between plain Go functions and their callers in
// other programs: the cgo exports, the C header, and a typed Go client.
//
// A library author writes package main of a library in plain Go:
//
//	// Command libgreeter greets.
//	//
//	//hotso:package ./greeter
//	//hotso:header ../include
//	package main
//
//	// greetName greets somebody by name.
//	//
//	//hotso:export
//	func greetName(name string) (string, error) { ... }
//
//	func main() {}
//
// and hotso gen writes hotso_gen.go beside it, the header greeter.h, and the
// package client.
//
// # Directives
//
// Above a function:
//
//	//hotso:export            export it under its name, with a capital letter
//	//hotso:export Name       export it as Name
//	//hotso:export cstring    its result is a malloc'd char *, see cabi.h
//
// Anywhere in package main, at the beginning of a line:
//
//	//hotso:package PATH      export the functions with directives of this package too:
//	                          an import path, or a directory that begins with ./ or ../
//	//hotso:header DIR        where the C headers go (default: include)
//	//hotso:client DIR        where the client goes (default: client); its base name is the package's
//
// The exports are functions of package main, so a function there cannot have
// the name under which it is exported: call it greet, and it is exported as
// Greet. A function in another package has the name under which it is exported.
//
// # Types
//
// Parameters and results are bool, integers of a fixed width, floats, string,
// []byte, slices of numbers, structs of all but the slices and strings, and
// named types of these. A last result may be an error. A function gets slices
// without a copy: it reads them during the call, keeps nothing of them, and
// writes nothing to them. The Go client's types are its own, so that a host
// imports nothing of the library.
//
// A result that does not fit into a call is an io.Reader, io.ReadCloser or
// iter.Seq2[[]byte, error]; the client returns it as a *host.Stream.
//
// A parameter may be a function, which has at most three parameters and returns an
// error, or one of these types and an error:
//
//	//hotso:export
//	func walk(root string, visit func(path string, size int64) (bool, error)) error
//
// The client takes such a function and lends it to the library until the call
// returns (host.Callback2, cabi.Callback2): a library that calls it later gets an
// error, as it does when the function fails or panics. A nil function is host.ErrArgument,
// so the library never gets one; a C program passes a handle (cabi.h, CALLBACKS).
// Each function costs some allocations per call, see host.Callback1.
//
// # Files
//
// If a file that the build's constraints leave out exports something, that is not
// generated but reported, unless the file is for another platform or the same export
// is elsewhere.
package gen
