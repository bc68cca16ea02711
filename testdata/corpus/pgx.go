//go:build pgx

package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A pool whose server is not there: it tries again and again.
func init() {
	var pool *pgxpool.Pool
	busy(func() (err error) {
		pool, err = pgxpool.New(context.Background(), "postgres://127.0.0.1:1/db?pool_min_conns=2&connect_timeout=1")
		return err
	}, func() error {
		_ = pool.Ping(context.Background())
		return nil
	})
}
