//go:build !linux

package instance

// Nothing is unloaded here, so no descriptor needs to be found.

type poller struct{}

func findPoller(map[int]string, int) (poller, error) { return poller{}, nil }

func noteHostFiles() error { return nil }

func claimRuntimeFiles(*Instance) (map[int]string, error) { return nil, nil }

func (in *Instance) findFiles() ([]int, error) { return nil, nil }

func closeAll([]int) int { return 0 }

func threadGone(int) bool { return true }
