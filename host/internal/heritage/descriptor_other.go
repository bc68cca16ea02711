//go:build !unix

package heritage

import (
	"errors"
	"syscall"
)

func duplicate(int) (int, error) { return -1, errors.ErrUnsupported }

func closeOne(int) error { return errors.ErrUnsupported }

// Duplicate is not there: only versions that are loaded inherit descriptors.
func Duplicate(syscall.Conn) (fd int, err error) { return -1, errors.ErrUnsupported }
