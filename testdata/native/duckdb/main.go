// Library duckdb has a database in memory, with a query in its pool of threads that
// takes longer than the library lives.
package main

import "C"

import (
	"context"
	"database/sql"
	"fmt"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/hotso/hotso/cabi"
)

var db *sql.DB

func init() {
	cabi.OnStart(func(context.Context) error { return open() })
}

func open() (err error) {
	if db, err = sql.Open("duckdb", "?threads=4"); err != nil {
		return err
	}
	if _, err = db.Exec("create table t as select range as id from range(100000)"); err != nil {
		return err
	}
	go func() {
		var n int64
		err := db.QueryRow("select count(*) from range(1000000000000) a where (a.range % 7) = 3").Scan(&n)
		fmt.Println("duckdb: the endless query ended:", n, err)
	}()
	return nil
}

// Work asks n times for a sum.
//
//export Work
func Work(n int64) (sum int64) {
	defer cabi.Recover()
	for range n {
		if err := db.QueryRow("select cast(sum(id) as bigint) from t").Scan(&sum); err != nil {
			panic(err)
		}
	}
	return sum
}

func main() {}
