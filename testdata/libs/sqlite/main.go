// Library sqlite keeps a database open, through cgo. It is a module of its
// own, so that hotso's users don't depend on SQLite.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"database/sql"
	"unsafe"

	_ "github.com/mattn/go-sqlite3"

	"github.com/hotso/hotso/cabi"
)

var db *sql.DB

// Insert opens the database at path if it isn't open, inserts a row, and returns how
// many rows there are. The database stays open.
//
//export Insert
func Insert(path *C.hotso_cchar, pathLen C.size_t, rows *int64) C.hotso_status {
	name := cabi.String(unsafe.Pointer(path), uintptr(pathLen))
	return C.hotso_status(cabi.Value(rows, func() (n int64, err error) {
		if db == nil {
			if db, err = sql.Open("sqlite3", "file:"+name+"?_journal_mode=WAL"); err != nil {
				return 0, err
			}
		}
		_, err = db.Exec("create table if not exists t (id integer primary key); insert into t default values")
		if err != nil {
			return 0, err
		}
		err = db.QueryRow("select count(*) from t").Scan(&n)
		return n, err
	}))
}

func main() {}
