//go:build !linux || !(amd64 || arm64)

package sigdispatch

import (
	"errors"
	"fmt"
	"runtime"
)

// ErrContested is never returned on this platform.
var ErrContested = errors.New("the signal's handler was replaced too often")

// Install reports that this platform has no dispatcher.
func Install() error {
	return fmt.Errorf("sigdispatch: install the handlers on %s/%s: %w",
		runtime.GOOS, runtime.GOARCH, errors.ErrUnsupported)
}

// TakeBack returns what Install does.
func TakeBack() ([]Taken, error) { return nil, Install() }

func keyStubPC() uintptr { return 0 }
