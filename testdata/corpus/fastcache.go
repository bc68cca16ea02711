//go:build fastcache

package main

import "github.com/VictoriaMetrics/fastcache"

func init() {
	var cache *fastcache.Cache
	busy(func() error {
		cache = fastcache.New(64 << 20)
		return nil
	}, func() error {
		cache.Set([]byte("key"), make([]byte, 1000))
		return nil
	})
}
