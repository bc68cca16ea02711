// Command stress attacks a host for as long as it is told: 16 controllers swap, roll back,
// run canaries, open, close, crash and hang versions on three slots, with contexts that
// end at random, while others call, read streams and are called back. The sessions' state
// must be exact, and nothing may be left. It is the model test of host/internal/modeltest
// with all that is in it, for each mode of the Go runtime that finds faults of its own.
//
//	go run ./scripts/stress -mode race -time 1h
//
// It prints the seed first. A seed repeats the operations, not how they interleave.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s := stress{out: os.Stdout, terminal: term.IsTerminal(int(os.Stdout.Fd()))}
	mode := flag.String("mode", "plain", "one of "+strings.Join(names(), ", ")+", or all of them, one after the other: all")
	flag.DurationVar(&s.time, "time", 10*time.Minute, "how long each mode runs")
	flag.Uint64Var(&s.seed, "seed", 0, "of the first round; drawn if 0")
	flag.Parse()
	if s.seed == 0 {
		s.seed = rand.Uint64() >> 32
	}
	chosen, err := choose(*mode)
	if err == nil {
		err = s.run(ctx, chosen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stress:", err)
		os.Exit(1)
	}
}

// A stress is one run of the program.
type stress struct {
	time     time.Duration // of each mode
	seed     uint64        // of the first round of each
	out      io.Writer
	terminal bool // out is one
	root     string
}

// run runs all modes, whatever becomes of one of them.
func (s *stress) run(ctx context.Context, chosen []mode) error {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("go env GOMOD: %w", err)
	}
	s.root = filepath.Dir(strings.TrimSpace(string(mod)))
	dir, err := os.MkdirTemp("", "hotso-stress-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var failed []error
	for _, m := range chosen {
		if err := s.runMode(ctx, m, filepath.Join(dir, m.name)); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// runMode builds the test as the mode wants it, and runs it.
func (s *stress) runMode(ctx context.Context, m mode, binary string) error {
	const pkg = "host/internal/modeltest"
	build := exec.CommandContext(ctx, "go", append(append([]string{"test", "-c", "-o", binary}, m.build...), "./"+pkg)...)
	build.Dir, build.Env = s.root, append(os.Environ(), m.buildEnv...)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", build, err, out)
	}
	fmt.Fprintf(s.out, "%-12s seed %d, for %v\n", m.name, s.seed, s.time)
	test := exec.CommandContext(ctx, binary, "-test.run=^TestModel$", "-test.timeout=0", "-model.stress",
		"-model.time="+s.time.String(), fmt.Sprint("-model.seed=", s.seed))
	test.Dir = filepath.Join(s.root, pkg)
	test.Env = append(append(os.Environ(), m.buildEnv...), m.env...) // the libraries are built as the host is
	test.Cancel = func() error { return test.Process.Signal(syscall.SIGTERM) }
	r, w := io.Pipe()
	test.Stdout, test.Stderr = w, w
	p := progress{out: s.out, terminal: s.terminal, mode: m.name}
	done := make(chan error, 1)
	go func() { done <- p.follow(r) }()
	err := test.Run()
	w.Close()
	if readErr := <-done; err == nil {
		err = readErr
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("stopped")
	case err != nil:
		return fmt.Errorf("%w; -mode %s -seed %d repeats the operations of that round", err, m.name, p.seed)
	}
	return nil
}
