//go:build cgo

package cabi

// Exclusive says that only one version of this library may be live in a process at a time,
// because it holds what can't be held twice: a database, a lock, a port. Call it from an
// init function:
//
//	func init() {
//		cabi.Exclusive()
//		cabi.OnStart(openDatabase)
//		cabi.OnStop(closeDatabase)
//	}
//
// A host then has the next version take over: it is loaded, and its init functions run, but not
// its start hooks, while this one serves. Calls wait; this version is drained, saves its
// state, stops, and is taken out of the process; then the other one starts. If that fails,
// this version is loaded and started again, and gets its state back. So take what is exclusive
// in a start hook, never in an init function or a package variable.
//
// It is a fact about the library, which hotso build records in its manifest: that the call
// is in the program is what counts, in whatever package, and not whether or when it runs. A host
// may also treat any library in this way (host.Exclusive).
//
//go:noinline
func Exclusive() {} // hotso build looks for it in the image: the linker leaves out what nobody calls
