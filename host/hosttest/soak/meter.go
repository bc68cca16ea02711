package soak

// A Meter counts what the process has beyond the host's own.
type Meter struct{ run run }

// NewMeter makes the host start whatever it would start sooner or later, for that
// many goroutines at the same time, and counts all there is as the host's own.
func NewMeter(goroutines int) (*Meter, error) {
	m := &Meter{}
	prepareThreads(goroutines)
	s, err := m.run.take()
	m.run.extra = -s.Foreign()
	return m, err
}

// Take counts, after n reloads.
func (m *Meter) Take(n int) (Sample, error) {
	m.run.Result.Reloads = n
	return m.run.take()
}
