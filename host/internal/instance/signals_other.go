//go:build !linux

package instance

func (*report) noteSignals([]uint32) {}
