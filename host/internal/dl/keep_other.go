//go:build !linux || hotso_static

package dl

// Keep does nothing: no library is unloaded here.
func Keep(string) bool { return false }
