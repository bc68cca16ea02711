package elfimage

import "strings"

// sanitizers are recognized by a function of the Go runtime that only such builds have
// (runtime/race_amd64.s, asan_amd64.s, msan_amd64.s), and by the library that C code
// built with them needs.
var sanitizers = []struct{ flag, function, needed string }{
	{"-race", "runtime.racefuncenter", "libtsan.so"},
	{"-asan", "runtime.asanread", "libasan.so"},
	{"-msan", "runtime.msanread", "libmsan.so"},
}

// Sanitizer is the flag of the sanitizer that the library was built with, or empty. A
// sanitizer's runtime must be in a process from its start; otherwise it ends the
// process as soon as the library is mapped.
func (s *Spec) Sanitizer() string {
	for _, x := range sanitizers {
		if _, _, ok := s.GoFunc(x.function); ok {
			return x.flag
		}
		for _, n := range s.Needed {
			if strings.HasPrefix(n, x.needed) {
				return x.flag
			}
		}
	}
	return ""
}
