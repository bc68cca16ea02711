// Command serve measures `hotso serve` beside two servers that do the same without it: net/http with
// the function in its own process, and net/http before a go-plugin over gRPC. All answer
// POST /call/GreetName, a JSON array with a name. It prints a table. From scripts/compare:
//
//	go run ./serve [-rounds 5] [-time 3s]
//
// The load is wrk's, with 64 connections. Each round has every server under load in turn, so that what the machine does
// beside is everybody's, and the ratios are medians of those of the rounds. It wants the machine for itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	if len(os.Args) == 2 && contenders[os.Args[1]] != nil {
		exit(contenders[os.Args[1]]())
	}
	rounds := flag.Int("rounds", 5, "how often each server is under load")
	length := flag.Duration("time", 3*time.Second, "how long, at least 1 s")
	flag.Parse()
	exit(compare(*rounds, *length))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// contenders are what this program does as a child, by its only argument.
var contenders = map[string]func() error{"plain": servePlain, "grpc": serveGRPC, "plugin": servePlugin}

func compare(rounds int, length time.Duration) error {
	if rounds < 1 || length < time.Second {
		return errors.New("give at least one round, of at least 1 s")
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		fmt.Println("skipped: wrk is not installed (Debian: apt-get install wrk)")
		return nil
	}
	dir, err := os.MkdirTemp("", "hotso-serve-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := build(dir, rounds); err != nil {
		return err
	}
	servers, err := startAll(dir)
	defer func() {
		for _, s := range servers {
			s.stop()
		}
	}()
	if err != nil {
		return err
	}
	runs := map[string][]run{}
	for range rounds {
		for _, s := range servers {
			r, err := s.load(length)
			if err != nil {
				return err
			}
			runs[s.name] = append(runs[s.name], r)
		}
	}
	swaps, err := measureSwaps(servers[0], dir, rounds)
	if err != nil {
		return err
	}
	print(runs, swaps)
	return nil
}

// build makes what the servers need: hotso, its directory, and versions of the greeter: the first, and one
// for each swap.
func build(dir string, swaps int) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	hotso := filepath.Join(dir, "hotso")
	if err := command(root, "go", "build", "-o", hotso, "./host/cmd/hotso"); err != nil {
		return err
	}
	versions := []string{"1"}
	for i := range swaps {
		versions = append(versions, swapVersion(i))
	}
	for _, version := range versions {
		if err := command(root, hotso, "build", "./libgreeter", "--version", version, "-o", dir); err != nil {
			return err
		}
	}
	return os.Mkdir(filepath.Join(dir, "served"), 0o755)
}

func command(dir, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}
