//go:build etcd

package main

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A client whose server is not there.
func init() {
	var client *clientv3.Client
	busy(func() (err error) {
		if client, err = clientv3.New(clientv3.Config{Endpoints: []string{"127.0.0.1:1"}}); err == nil {
			go client.Watch(context.Background(), "key")
		}
		return err
	}, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, _ = client.Get(ctx, "key")
		return nil
	})
}
