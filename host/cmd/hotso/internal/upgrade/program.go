package upgrade

import (
	"os"
	"os/exec"
	"path/filepath"
)

// program is the absolute path at which the next version of this program will be. That is the one it was started
// by, which may be a symbolic link that points elsewhere by then; if it leads to another program, because the caller
// chose that name, the program's own.
func program() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	path, err := exec.LookPath(os.Args[0])
	if err != nil {
		return own, nil
	}
	if path, err = filepath.Abs(path); err != nil {
		return own, nil
	}
	started, err := os.Stat(path)
	if err != nil {
		return own, nil
	}
	if here, err := os.Stat(own); err != nil || !os.SameFile(here, started) {
		return own, nil
	}
	return path, nil
}
