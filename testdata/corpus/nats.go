//go:build nats

package main

import (
	"errors"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// A server with JetStream on disk, and a client.
func init() {
	var js nats.JetStreamContext
	busy(func() error {
		dir, err := os.MkdirTemp("", "nats")
		if err != nil {
			return err
		}
		s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
		if err != nil {
			return err
		}
		s.Start()
		if !s.ReadyForConnections(10 * time.Second) {
			return errors.New("the server is not ready")
		}
		conn, err := nats.Connect(s.ClientURL())
		if err != nil {
			return err
		}
		if js, err = conn.JetStream(); err != nil {
			return err
		}
		if _, err := js.AddStream(&nats.StreamConfig{Name: "s", Subjects: []string{"a"}}); err != nil {
			return err
		}
		_, err = js.Subscribe("a", func(*nats.Msg) {})
		return err
	}, func() error {
		_, err := js.Publish("a", []byte("hello"))
		return err
	})
}
