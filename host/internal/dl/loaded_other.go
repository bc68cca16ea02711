//go:build !linux || hotso_static

package dl

// Loaded is 0: what RTLD_NOLOAD finds differs from system to system. What is loaded twice
// is the dynamic linker's to see.
func Loaded(string) Handle { return 0 }

// Name is not known here.
func (h Handle) Name() string { return "" }
