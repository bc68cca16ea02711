//go:build franz

package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A cluster, a producer and a consumer.
func init() {
	var client *kgo.Client
	ctx := context.Background()
	busy(func() error {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
		if err != nil {
			return err
		}
		if client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("t"), kgo.DefaultProduceTopic("t")); err != nil {
			return err
		}
		return client.ProduceSync(ctx, kgo.StringRecord("a")).FirstErr()
	}, func() error {
		client.Produce(ctx, kgo.StringRecord("b"), nil)
		return nil
	})
}
