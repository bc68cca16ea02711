//go:build raft

package main

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/hashicorp/raft"
)

type fsm struct{}

func (fsm) Apply(*raft.Log) any                 { return nil }
func (fsm) Snapshot() (raft.FSMSnapshot, error) { return nil, errors.New("there is none") }
func (fsm) Restore(r io.ReadCloser) error       { return r.Close() }

// A cluster of one, over TCP, with snapshots on disk.
func init() {
	var node *raft.Raft
	busy(func() error {
		dir, err := os.MkdirTemp("", "raft")
		if err != nil {
			return err
		}
		conf := raft.DefaultConfig()
		conf.LocalID, conf.LogOutput = "a", io.Discard
		store := raft.NewInmemStore()
		net, err := raft.NewTCPTransport("127.0.0.1:0", nil, 2, time.Second, io.Discard)
		if err != nil {
			return err
		}
		snaps, err := raft.NewFileSnapshotStore(dir, 1, io.Discard)
		if err != nil {
			return err
		}
		if node, err = raft.NewRaft(conf, fsm{}, store, store, snaps, net); err != nil {
			return err
		}
		return node.BootstrapCluster(raft.Configuration{Servers: []raft.Server{{ID: "a", Address: net.LocalAddr()}}}).Error()
	}, func() error {
		node.Apply([]byte("a"), time.Second)
		return nil
	})
}
