// Package dl is the only importer of purego: it reaches the dynamic linker of
// a process that was built without cgo.
//
// Where there is none, on Windows and in a static program (build tag hotso_static), it loads nothing, and
// purego is not linked. Then the only versions are those that are linked into the program.
package dl

// A Handle is what dlopen returned. Its owner closes it once.
type Handle uintptr
