//go:build !linux

package foreign

import (
	"fmt"

	"github.com/hotso/hotso/host"
)

// A signal is there on Linux only.
type signal struct{ fd int }

func newSignal() (*signal, error) {
	return nil, fmt.Errorf("%w: there is no descriptor of events on this system", host.ErrUnsupported)
}

func (s *signal) set(bool) {}
func (s *signal) close()   {}
