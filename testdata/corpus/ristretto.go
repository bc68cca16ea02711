//go:build ristretto

package main

import "github.com/dgraph-io/ristretto/v2"

func init() {
	var cache *ristretto.Cache[string, string]
	busy(func() (err error) {
		cache, err = ristretto.NewCache(&ristretto.Config[string, string]{NumCounters: 1e4, MaxCost: 1 << 20, BufferItems: 64})
		return err
	}, func() error {
		cache.Set("key", "value", 1)
		return nil
	})
}
