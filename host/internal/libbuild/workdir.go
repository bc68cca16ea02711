package libbuild

import (
	"errors"
	"os"

	"github.com/hotso/hotso/host/internal/leftover"
)

const workPrefix = ".hotso-build-"

// workDir makes a directory in dir for what is not complete yet: a rename must not cross
// file systems. It removes those that killed builds have left there. remove removes it.
func workDir(dir string) (path string, remove func(), err error) {
	leftover.Sweep(dir, workPrefix)
	path, err = os.MkdirTemp(dir, workPrefix)
	if err != nil {
		return "", nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", nil, errors.Join(err, os.Remove(path))
	}
	_ = leftover.Hold(f) // where there are no locks, another build may remove it
	return path, func() { _ = os.RemoveAll(path); _ = f.Close() }, nil
}
