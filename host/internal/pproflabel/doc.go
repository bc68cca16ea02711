// Package pproflabel adds labels to all samples of a profile, in the form of
// github.com/google/pprof/proto/profile.proto. It reads no more of that than where samples and strings
// are, so that package host need not have a package for all of it.
//
//	w := pproflabel.NewWriter(to, pproflabel.Label{"library", "greeter"})
//	... // a profile, or a text, is written to w
//	err := w.Close()
package pproflabel
