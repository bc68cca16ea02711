//go:build kafkago

package main

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"
)

// A reader and a writer whose broker is not there.
func init() {
	w := &kafka.Writer{Addr: kafka.TCP("127.0.0.1:1"), Topic: "t", Async: true}
	busy(func() error {
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{"127.0.0.1:1"}, Topic: "t", MaxWait: time.Second})
		go func() { _, _ = r.ReadMessage(context.Background()) }()
		go func() { _ = w.WriteMessages(context.Background(), kafka.Message{Value: []byte("a")}) }()
		return nil
	}, func() error { _ = w.Stats(); return nil })
}
