// Library kafka has a Kafka cluster of librdkafka's own, and clients of it. Nothing of
// them is closed, or all in cabi.OnStop with -X main.end=stop.
package main

import "C"

import (
	"context"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/hotso/hotso/cabi"
)

var end = "never"

const topic = "work"

var (
	cluster  *kafka.MockCluster
	producer *kafka.Producer
	consumer *kafka.Consumer
)

func init() {
	cabi.OnStart(func(context.Context) error { return open() })
	if end == "stop" {
		cabi.OnStop(func(context.Context) error { return closeAll() })
	}
}

func open() (err error) {
	if cluster, err = kafka.NewMockCluster(2); err != nil {
		return err
	}
	if err = cluster.CreateTopic(topic, 4, 1); err != nil {
		return err
	}
	servers := cluster.BootstrapServers()
	// Its reports of deliveries would fill a channel that nobody reads.
	producer, err = kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": servers, "go.delivery.reports": false})
	if err != nil {
		return err
	}
	consumer, err = kafka.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": servers, "group.id": "all", "auto.offset.reset": "earliest"})
	if err != nil {
		return err
	}
	return consumer.Subscribe(topic, nil)
}

func closeAll() error {
	producer.Close()
	err := consumer.Close()
	cluster.Close()
	return err
}

// Work sends n messages, and returns how many wait to be delivered.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	name := topic
	for range n {
		_ = producer.Produce(&kafka.Message{
			TopicPartition: kafka.TopicPartition{Topic: &name, Partition: kafka.PartitionAny},
			Value:          []byte("a message"),
		}, nil) // fails if the queue is full, as it may be
	}
	return int64(producer.Len())
}

func main() {}
