//go:build goleveldb

package main

import (
	"path/filepath"

	"github.com/syndtr/goleveldb/leveldb"
)

func init() {
	var db *leveldb.DB
	busy(func() error {
		return free(func(dir string) (err error) {
			db, err = leveldb.OpenFile(filepath.Join(dir, "leveldb"), nil)
			return err
		})
	}, func() error { return db.Put([]byte("key"), make([]byte, 100), nil) })
}
