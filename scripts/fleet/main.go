//go:build linux && (amd64 || arm64)

// Command fleet shows a rollout over many hosts on one machine: it starts a registry, a Prometheus and 150 processes of hotso
// serve that follow one channel, calls all of them, and rolls out three versions. A good one reaches all hosts; one that
// fails 5 % of its calls, and one that crashes at its start, are stopped by the judge and taken back.
//
//	make fleet [FLAGS="-hosts 50 -json"]
//
// It uses the hotso command as anybody would. It exits with 1 if a promise is broken, and leaves no process and no file
// behind, also when it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// settings are what the command line says.
type settings struct {
	hosts   int
	poll    time.Duration
	bake    time.Duration
	rate    float64 // calls per second and host
	quiet   int     // intervals that are watched while nothing changes
	program string  // hotso; built if empty
	json    bool
	keep    bool
	timeout time.Duration // of a rollout
}

func main() {
	var s settings
	flag.IntVar(&s.hosts, "hosts", 150, "processes of hotso serve")
	flag.DurationVar(&s.poll, "poll", 6*time.Second, "how often each asks the registry")
	flag.DurationVar(&s.bake, "bake", 2*time.Second, "how long a step of a rollout lasts at least")
	flag.Float64Var(&s.rate, "rate", 1, "calls per second and host")
	flag.IntVar(&s.quiet, "quiet", 2, "intervals that are watched while nothing changes")
	flag.DurationVar(&s.timeout, "timeout", 3*time.Minute, "how long a rollout may take")
	flag.StringVar(&s.program, "hotso", "", "program to use, where it is not to be built")
	flag.BoolVar(&s.json, "json", false, "print the summary as one JSON document; all else goes to stderr")
	flag.BoolVar(&s.keep, "keep", false, "leave the directory with logs behind, and say where it is")
	flag.Parse()
	if flag.NArg() > 0 || s.hosts < 20 || s.poll < time.Second || s.bake <= 0 || s.rate <= 0 || s.quiet < 1 {
		fmt.Fprintln(os.Stderr, "fleet: want no arguments, at least 20 hosts and a second between polls, and positive numbers")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	sum, err := run(ctx, s)
	stopped := ctx.Err() != nil
	stop()
	switch {
	case stopped:
		fmt.Fprintln(os.Stderr, "fleet: stopped")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
	if err := sum.write(os.Stdout, s.json); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
	if !sum.Kept {
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (sum *summary, err error) {
	if _, err := os.Stat(librarySource); err != nil {
		return nil, errors.New("run it in the root of the module: make fleet")
	}
	temp, err := os.MkdirTemp("", "hotso-fleet-")
	if err != nil {
		return nil, err
	}
	out := os.Stdout
	if s.json {
		out = os.Stderr
	}
	v := newView(out)
	defer v.close()
	defer func() {
		if s.keep {
			v.say("logs are in %s", temp)
			return
		}
		err = errors.Join(err, os.RemoveAll(temp))
	}()
	children := newChildren()
	defer children.close()

	begin := time.Now()
	b, err := build(ctx, temp, s.program, children, v)
	if err != nil {
		return nil, err
	}
	f := &fleet{settings: s, built: b, dir: temp, children: children, view: v}
	defer f.close()
	sum = &summary{Hosts: s.hosts, Poll: s.poll, Bake: s.bake, Built: time.Since(begin)}
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	sum.Started = time.Since(begin) - sum.Built
	if err := f.show(ctx, sum); err != nil {
		return nil, err
	}
	v.say("ending %d hosts", s.hosts)
	if err := f.close(); err != nil {
		return nil, err
	}
	sum.Took = time.Since(begin)
	sum.judge()
	return sum, nil
}

// show goes through the acts, which sum gets.
func (f *fleet) show(ctx context.Context, sum *summary) error {
	quiet, err := f.watchQuiet(ctx)
	if err != nil {
		return err
	}
	sum.Quiet = quiet
	for _, act := range acts {
		if act.bad != "" && f.prometheus == "" {
			f.view.say("v%s, which %s, is left out: without Prometheus nobody would notice (%s)", act.version, act.bad, howToGet)
			sum.LeftOut = append(sum.LeftOut, act.version)
			continue
		}
		r, err := f.rollout(ctx, act)
		if err != nil {
			return fmt.Errorf("rollout of v%s: %w", act.version, err)
		}
		sum.Rollouts = append(sum.Rollouts, r)
	}
	sum.Blobs = f.proxy.blobs()
	sum.Died = f.died()
	return nil
}

// An act is a version that is rolled out.
type act struct {
	version string
	bad     string // what is wrong with it
	isOn    string // what all hosts are to run in the end
	share   float64
	mayFail bool // calls that it answers may fail
}

var acts = []act{
	{version: "2", isOn: "2"},
	{version: "3", bad: "fails 5 % of its calls", isOn: "2", share: 0.1, mayFail: true},
	{version: "4", bad: "crashes at its start", isOn: "2"},
}

func library(dir, version string) string { return filepath.Join(dir, "libgreeter.v"+version+".so") }
