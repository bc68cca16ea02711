//go:build mattn

package main

import (
	"database/sql"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

func init() {
	var db *sql.DB
	busy(func() error {
		return apart(func(dir string) (err error) {
			if db, err = sql.Open("sqlite3", "file:"+filepath.Join(dir, "mattn.db")+"?_journal_mode=WAL&_busy_timeout=5000"); err != nil {
				return err
			}
			if _, err = db.Exec("create table if not exists t (at text)"); err != nil {
				return err
			}
			rows, err := db.Query("select 1 union select 2")
			if err == nil {
				rows.Next() // stays open
			}
			return err
		})
	}, func() error {
		_, err := db.Exec("insert into t values (?); delete from t", time.Now().String())
		return err
	})
}
