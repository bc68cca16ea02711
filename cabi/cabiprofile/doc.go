// Package cabiprofile lets hosts take profiles and traces of a library (host.Library.Profile, and
// GET /debug/pprof of hotso serve):
//
//	import _ "github.com/hotso/hotso/cabi/cabiprofile"
//
// It is apart because it links runtime/pprof and runtime/trace, 0.4 MB that each version has in
// memory, and because the Go linker leaves sampling of the heap out of programs without a heap profile.
//
// Profiles of blocking and of mutexes are empty until the library says how much is sampled
// (runtime.SetBlockProfileRate, runtime.SetMutexProfileFraction).
package cabiprofile
