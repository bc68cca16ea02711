// Package instance has one loaded version: it maps a private, patched copy of the file,
// brings its Go runtime up, contains the end of that runtime, and takes all of it out of
// the process again, with a report of what there was.
//
//	in := instance.Prepare(conf, im)          // nothing is mapped yet
//	err := in.Open(ctx, tell)                 // loaded, started and checked; or Load, and then Start
//	...                                       // calls go to in.Target
//	report, err := in.Close(ctx)              // drained, stopped and unloaded
//
//	prepare.go, attach.go    what the host lends to a library, and the edits of its copy
//	instance.go              the steps on the way in
//	crash.go                 the end of its runtime, by a crash or on request
//	unload.go, teardown.go   the way out, in an order that is the safety
//	descriptors_linux.go     which descriptors are a library's
//	spare.go                 a version that can be loaded again
package instance
