//go:build windows || hotso_static

package dl

import (
	"errors"
	"fmt"
	"runtime"
)

// errNone: there is no dynamic linker that could be asked.
var errNone = fmt.Errorf("this program can't load libraries (%s): %w", why, errors.ErrUnsupported)

// Check says that there is none.
func Check() error { return errNone }

// Open loads nothing.
func Open(string) (Handle, error) { return 0, errNone }

// Sym finds nothing.
func (h Handle) Sym(string) (uintptr, error) { return 0, errNone }

// Close does nothing.
func (h Handle) Close() error { return nil }

// Global finds nothing.
func Global(string) (uintptr, error) { return 0, errNone }

// Call is never called: there is no C function.
func Call(uintptr, ...uintptr) uintptr { panic(errNone) }

// Register is never called.
func Register(any, uintptr) { panic(errNone) }

// NewCallback makes nothing.
func NewCallback(any) uintptr { return 0 }

// Callbacks is 0.
func Callbacks() int64 { return 0 }

// why is the reason.
const why = "it is for " + runtime.GOOS + ", or was built with the tag hotso_static"
