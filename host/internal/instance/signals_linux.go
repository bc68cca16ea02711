package instance

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// noteSignals notes what the library's C code has asked for, by signal; the first is for
// signal stacks.
func (r *report) noteSignals(asked []uint32) {
	for sig, n := range asked {
		if n == 0 {
			continue
		}
		if r.Signals == nil {
			r.Signals = map[string]int{}
		}
		name := unix.SignalName(unix.Signal(sig))
		switch {
		case sig == 0:
			name = "sigaltstack"
		case name == "":
			name = fmt.Sprintf("signal %d", sig)
		}
		r.Signals[name] = int(n)
	}
}
