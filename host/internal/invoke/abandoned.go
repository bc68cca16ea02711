package invoke

// An abandoned call is the cause of life.ErrHung: its caller has left it behind inside. It
// implements contract.Abandoned.
type abandoned struct {
	error
	over chan struct{}

	// What it has returned, once over is closed.
	failed error
	reply  []byte
	scalar uint64
}

// Unwrap returns the error itself.
func (a *abandoned) Unwrap() error { return a.error }

// Over is closed when the call has left.
func (a *abandoned) Over() <-chan struct{} { return a.over }

// Reply is its result, if that is a []byte; nil if it has failed.
func (a *abandoned) Reply() []byte { return a.reply }

// abandon returns the error of a call that its caller leaves behind for the reason err.
func (c *boundedCall) abandon(err error) error {
	a := &abandoned{error: err, over: make(chan struct{})}
	go func() {
		if a.failed = <-c.done; a.failed == nil {
			a.reply, a.scalar = c.slice, c.scalar
		}
		if !c.exited {
			close(a.over)
		}
	}()
	return a
}
