//go:build ants

package main

import "github.com/panjf2000/ants/v2"

func init() {
	var pool *ants.Pool
	busy(func() (err error) {
		pool, err = ants.NewPool(20)
		return err
	}, func() error { return pool.Submit(func() {}) })
}
