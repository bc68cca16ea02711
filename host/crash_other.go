//go:build !linux

package host

import "os"

// Nothing is contained here: a library's crash is the process's.

func newCrashMessage(string) (*os.File, error) { return nil, ErrUnsupported }

func readCrashMessage(*os.File) string { return "" }

func (l *Library) ejectCallers() {}

func watchCrashes() error { return nil }
