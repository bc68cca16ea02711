// Library sqlite has a database in memory with connections, statements and rows open.
package main

import "C"

import (
	"context"
	"database/sql"
	"sync"

	_ "github.com/mattn/go-sqlite3"

	"github.com/hotso/hotso/cabi"
)

var (
	db   *sql.DB
	mu   sync.Mutex
	rows []*sql.Rows // not closed, so each has a connection
)

func init() {
	cabi.OnStart(func(context.Context) error { return open() })
}

func open() (err error) {
	if db, err = sql.Open("sqlite3", "file:work?mode=memory&cache=shared"); err != nil {
		return err
	}
	_, err = db.Exec("create table t (id integer primary key, text); insert into t (text) values ('a'), ('b'), ('c')")
	for i := 0; i < 4 && err == nil; i++ {
		var r *sql.Rows
		if r, err = db.Query("select * from t"); err == nil {
			r.Next()
			rows = append(rows, r)
		}
	}
	return err
}

// Work asks n times how many rows there are.
//
//export Work
func Work(n int64) (count int64) {
	defer cabi.Recover()
	mu.Lock()
	defer mu.Unlock()
	for range n {
		if err := db.QueryRow("select count(*) from t").Scan(&count); err != nil {
			panic(err)
		}
	}
	return count
}

func main() {}
