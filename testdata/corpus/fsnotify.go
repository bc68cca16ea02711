//go:build fsnotify

package main

import (
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

func init() {
	var dir string
	var watcher *fsnotify.Watcher
	busy(func() (err error) {
		if dir, err = os.MkdirTemp("", "fsnotify"); err != nil {
			return err
		}
		if watcher, err = fsnotify.NewWatcher(); err != nil {
			return err
		}
		return watcher.Add(dir)
	}, func() error {
		file := filepath.Join(dir, "file")
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			return err
		}
		<-watcher.Events
		return os.Remove(file)
	})
}
