// Command comparepull measures hotso pull beside oras pull, both of a library of 15 MB, from a registry on this machine:
//
//	make compare-pull [FLAGS="-rounds 40"]
//
// In each round both pull once, in turns the one and the other first, each as a process of its own into an empty directory. What is
// compared are rounds, so that what else the machine does counts for both. It exits with 1 if hotso is slower than a
// fifth more time allows.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// orasVersion is what hotso is compared with. It is no dependency: it is installed into a directory that goes.
const orasVersion = "v1.3.6"

// least is the speed that hotso is to have, as a share of that of oras.
const least = 0.8

var (
	rounds = flag.Int("rounds", 20, "how often each pulls")
	oras   = flag.String("oras", "", "program to compare with, where it is not to be installed")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := compare(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "comparepull:", err)
		os.Exit(1)
	}
}

// A tool pulls.
type tool struct {
	name string
	args []string // but for the directory, which comes last
	took []time.Duration
}

func compare(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "comparepull-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	hotso, registry, library := filepath.Join(dir, "hotso"), filepath.Join(dir, "registry"), filepath.Join(dir, "libbig.v1.so")
	docker := filepath.Join(dir, "docker") // has no login
	steps := [][]string{
		{"CGO_ENABLED=0", "go", "build", "-o", hotso, "./host/cmd/hotso"},
		{"CGO_ENABLED=0", "go", "build", "-C", "testdata/registry", "-o", registry, "."},
		{"", hotso, "build", "testdata/libs/big", "--version", "1", "-o", dir},
	}
	if *oras == "" {
		*oras = filepath.Join(dir, "oras")
		steps = append(steps, []string{"GOBIN=" + dir, "go", "install", "oras.land/oras/cmd/oras@" + orasVersion})
	}
	for _, s := range steps {
		if err := run(ctx, ".", s[0], s[1], s[2:]...); err != nil {
			return err
		}
	}
	addr, stop, err := serve(registry, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer stop()
	env := "DOCKER_CONFIG=" + docker
	if err := run(ctx, dir, env, hotso, "push", library, addr+"/big"); err != nil {
		return err
	}
	if err := run(ctx, dir, env, *oras, "push", "--plain-http", "--disable-path-validation", addr+"/big-of-oras:1", library); err != nil {
		return err
	}
	tools := []*tool{
		{name: "hotso pull", args: []string{hotso, "pull", addr + "/big:1", "-o"}},
		{name: "oras pull", args: []string{*oras, "pull", "--plain-http", "--allow-path-traversal", addr + "/big-of-oras:1", "-o"}},
	}
	info, err := os.Stat(library)
	if err != nil {
		return err
	}
	for round := range *rounds + 1 {
		for i := range tools {
			if err := tools[(i+round)%len(tools)].pull(ctx, dir, env, round > 0); err != nil { // the first warms up
				return err
			}
		}
	}
	return report(tools, info.Size())
}

// pull pulls once, into a directory that is made and removed.
func (t *tool) pull(ctx context.Context, dir, env string, counts bool) error {
	to, err := os.MkdirTemp(dir, "pulled-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(to)
	begin := time.Now()
	if err := run(ctx, to, env, t.args[0], append(t.args[1:len(t.args):len(t.args)], to)...); err != nil {
		return err
	}
	if counts {
		t.took = append(t.took, time.Since(begin))
	}
	return nil
}

func report(tools []*tool, size int64) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tmedian ms\tleast\tmost\tMB/s\t")
	for _, t := range tools {
		m := median(t.took)
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.0f\t\n", t.name, ms(m), ms(slices.Min(t.took)), ms(slices.Max(t.took)), float64(size)/1e6/m.Seconds())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	ratios := make([]float64, len(tools[0].took))
	for i := range ratios {
		ratios[i] = float64(tools[1].took[i]) / float64(tools[0].took[i])
	}
	slices.Sort(ratios)
	ratio := ratios[len(ratios)/2]
	fmt.Printf("\nhotso pull has %.2f of the speed of oras pull (median of %d rounds), of %.1f MB\n", ratio, len(ratios), float64(size)/1e6)
	if ratio < least {
		return fmt.Errorf("that is less than %.1f", least)
	}
	return nil
}

func median(took []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(took))[len(took)/2]
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

// run runs a command to its end. What it says is in the error if it fails.
func run(ctx context.Context, dir, env, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// serve starts a registry, which ends with its standard input.
func serve(program, data string) (addr string, stop func(), err error) {
	cmd := exec.Command(program, "-dir", data)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = stdin.Close(); _ = cmd.Wait() }
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, errors.Join(errors.New("the registry says no address"), err)
	}
	return strings.TrimSpace(line), stop, nil
}
