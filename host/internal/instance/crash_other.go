//go:build !linux

package instance

import (
	"os"

	"github.com/hotso/hotso/host/life"
)

// Nothing is contained here: a library's crash is the process's.

func newCrashMessage(string) (*os.File, error) { return nil, life.ErrUnsupported }

func readCrashMessage(*os.File) string { return "" }

func (in *Instance) ejectCallers() {}

func awaitCrashes() error { return nil }
