//go:build !linux

package dl

// Keep does nothing: no library is unloaded here.
func Keep(string) bool { return false }
