// Command compareserve measures hotso serve beside a plain net/http server with the same function in it, and one that calls
// it through hashicorp/go-plugin (gRPC):
//
//	make compare-serve [FLAGS="-rounds 10 -duration 5s"]
//
// Each server is a process of its own. In each round they take turns, under 64 connections of vegeta, which shares the
// machine with them; what is compared are rounds, and the table has the medians. Then versions are swapped under
// load, one every other second: seconds with a swap are compared with those without.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

var (
	rounds   = flag.Int("rounds", 7, "how often each server is measured")
	duration = flag.Duration("duration", 3*time.Second, "how long each time")
	swaps    = flag.Int("swaps", 8, "how many swaps under load; 0: none")
	conns    = flag.Int("connections", 64, "connections")
	serves   = flag.String("serve", "", "be the server of that kind: net/http or go-plugin")
	asPlugin = flag.Bool("plugin", false, "be the plugin")
)

func main() {
	flag.Parse()
	var err error
	switch {
	case *asPlugin:
		servePlugin()
	case *serves != "":
		err = serve(*serves)
	default:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err = compare(ctx)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compareserve:", err)
		os.Exit(1)
	}
}

// compare builds, starts and measures all, and prints the tables.
func compare(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "compareserve-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := build(dir, *swaps+1)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	serving, plain := filepath.Join(dir, "serving"), filepath.Join(dir, "plain")
	if err := errors.Join(b.deploy(serving, 1), b.deploy(plain, 1)); err != nil {
		return err
	}
	commands := []struct {
		name string
		cmd  *exec.Cmd
	}{
		{"net/http", exec.Command(self, "-serve", "net/http")},
		{"hotso serve", exec.Command(b.hotso, "serve", serving, "--addr", "127.0.0.1:0", "--json")},
		{"go-plugin, gRPC", exec.Command(self, "-serve", "go-plugin")},
		{"hotso serve --no-metrics", exec.Command(b.hotso, "serve", plain, "--addr", "127.0.0.1:0", "--json", "--no-metrics")},
	}
	var all []*server
	defer func() {
		for _, s := range all {
			err = errors.Join(err, s.stop())
		}
	}()
	for _, c := range commands {
		s, err := start(c.name, c.cmd)
		if s != nil {
			all = append(all, s)
		}
		if err != nil {
			return err
		}
	}
	if err := race(ctx, all); err != nil {
		return err
	}
	if *swaps > 0 {
		if err := underSwaps(ctx, all[1], func(version int) error { return b.deploy(serving, version) }); err != nil {
			return err
		}
	}
	return count(all[1])
}
