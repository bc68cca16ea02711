//go:build redis

package main

import (
	"context"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func init() {
	var client *redis.Client
	ctx := context.Background()
	busy(func() error {
		s, err := miniredis.Run()
		if err != nil {
			return err
		}
		client = redis.NewClient(&redis.Options{Addr: s.Addr()})
		_, err = client.Subscribe(ctx, "c").Receive(ctx)
		return err
	}, func() error { return client.Incr(ctx, "n").Err() })
}
