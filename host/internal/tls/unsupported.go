//go:build !linux

package tls

import (
	"errors"
	"fmt"
	"runtime"
)

// Open reports that this platform has no carrier.
func Open(Loader) (*Carrier, error) {
	return nil, fmt.Errorf("tls: open the carrier on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
