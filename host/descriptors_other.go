//go:build !linux

package host

// Nothing is unloaded here, so no descriptor needs to be found.

func noteHostFiles() error { return nil }

func claimRuntimeFiles(*Library) ([]int, error) { return nil, nil }

func findFiles([]int, extent) ([]int, error) { return nil, nil }

func closeAll([]int) int { return 0 }

func threadGone(int) bool { return true }
