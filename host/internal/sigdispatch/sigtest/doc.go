// Package sigtest has what tests of signal dispatch and of TLS slots need and
// can't be written in Go: C ABI signal handlers that count their calls, as a
// library's or the host's would be called, and a look at the thread pointer.
// Assembly can't be in a test file, so it is a package of its own.
package sigtest
