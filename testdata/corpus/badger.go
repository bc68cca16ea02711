//go:build badger

package main

import (
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
)

func init() {
	var db *badger.DB
	busy(func() error {
		return free(func(dir string) (err error) {
			o := badger.DefaultOptions(filepath.Join(dir, "badger")).WithLogger(nil).
				WithMemTableSize(8 << 20).WithValueLogFileSize(8 << 20).WithBlockCacheSize(1 << 20)
			db, err = badger.Open(o)
			return err
		})
	}, func() error {
		return db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("key"), make([]byte, 100)) })
	})
}
