//go:build bbolt

package main

import (
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

func init() {
	var db *bbolt.DB
	busy(func() error {
		return free(func(dir string) (err error) {
			if db, err = bbolt.Open(filepath.Join(dir, "bolt"), 0o600, &bbolt.Options{Timeout: 50 * time.Millisecond, NoSync: true, InitialMmapSize: 1 << 24}); err != nil {
				return err
			}
			_, err = db.Begin(false) // stays open: a remap would wait for its end
			return err
		})
	}, func() error {
		return db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			if err != nil {
				return err
			}
			return b.Put([]byte("key"), []byte(time.Now().String()))
		})
	})
}
