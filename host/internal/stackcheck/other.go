//go:build !linux || !(amd64 || arm64)

package stackcheck

import (
	"errors"
	"time"
)

// Ready reports that nothing is unloaded on this platform.
func Ready() error { return errors.ErrUnsupported }

// Run reports that nothing is unloaded on this platform.
func Run([]Range, time.Duration, func(func(id int)), Still, []string) ([]string, error) {
	return nil, errors.ErrUnsupported
}

// InProgram reports that nothing is looked at on this platform.
func InProgram() bool { return false }

// A Still is empty on this platform.
type Still struct{}

// StandingStill returns nobody on this platform.
func StandingStill() Still { return Still{} }
