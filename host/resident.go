package host

// teardown stops a drained version. It stays mapped: its Go runtime's threads
// and memory are in use.
func (l *Library) teardown() (*Report, error) {
	_ = l.control(l.sym.stop, l.conf.startTimeout)
	l.state.set(Resident)
	return &Report{Name: l.Name(), Version: l.Version(), State: Resident,
		Reason: "a Go runtime does not end by itself"}, nil
}
