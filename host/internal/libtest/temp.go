package libtest

import (
	"fmt"
	"os"
	"path/filepath"
)

// A tempDir is the TMPDIR of this process and its children.
type tempDir string

// newTempDir has a short name: tests make unix sockets in it, whose paths are
// limited to some hundred bytes.
func newTempDir() (tempDir, error) {
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		return "", err
	}
	return tempDir(dir), os.Setenv("TMPDIR", dir)
}

func (d tempDir) empty() error {
	entries, err := os.ReadDir(string(d))
	if err != nil || len(entries) == 0 {
		return err
	}
	inside, _ := filepath.Glob(filepath.Join(string(d), entries[0].Name(), "*"))
	return fmt.Errorf("%d temporary files and directories, the first is %s with %q", len(entries), entries[0].Name(), inside)
}

func (d tempDir) remove() { _ = os.RemoveAll(string(d)) }
