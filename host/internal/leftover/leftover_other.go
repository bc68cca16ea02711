//go:build !unix

package leftover

import (
	"errors"
	"os"
)

// Hold does nothing: there are no such locks here.
func Hold(*os.File) error { return errors.ErrUnsupported }

// Sweep removes nothing: it can't tell what is in use.
func Sweep(dir, prefix string) {}
