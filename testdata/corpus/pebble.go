//go:build pebble

package main

import (
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
)

func init() {
	var db *pebble.DB
	busy(func() error {
		return apart(func(dir string) (err error) {
			db, err = pebble.Open(filepath.Join(dir, "pebble"), &pebble.Options{Logger: quiet{}})
			if err == nil {
				_, err = db.NewIter(nil) // stays open
			}
			return err
		})
	}, func() error { return db.Set([]byte("key"), make([]byte, 100), pebble.NoSync) })
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}
