package leftover

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace has a file have that content, complete and on disk, in one rename. Before that it has a name in the same directory that
// begins with prefix, and is held.
func Replace(path, prefix string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), prefix)
	if err != nil {
		return err
	}
	_ = Hold(temp) // where there are no locks, a Sweep may cost this content
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Sync()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		_ = os.Remove(temp.Name())
	}
	return err
}
