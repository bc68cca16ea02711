//go:build modernc

package main

import (
	"database/sql"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"
)

func init() {
	var db *sql.DB
	busy(func() error {
		return apart(func(dir string) (err error) {
			file := filepath.Join(dir, "modernc.db")
			if db, err = sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)"); err != nil {
				return err
			}
			if _, err = db.Exec("create table if not exists t (at text)"); err != nil {
				return err
			}
			for range 3 { // connections that stay in use
				rows, err := db.Query("select 1 union select 2")
				if err != nil {
					return err
				}
				rows.Next()
			}
			return nil
		})
	}, func() error {
		_, err := db.Exec("insert into t values (?); delete from t", time.Now().String())
		return err
	})
}
