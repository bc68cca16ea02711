//go:build linux && (amd64 || arm64)

// Command instructions counts the instructions of a call through a slot, from the
// caller's call to its return, and says which package they belong to. Run it by
// make instructions.
//
// Times differ from run to run and with where the linker puts the functions; the
// number of instructions does not. So it tells what a change to the code costs:
//
//	make instructions FLAGS='--json before.json'
//	make instructions FLAGS='--against before.json'
//
// The second exits with 1 if an add or a greet takes over 1 % more.
//
// It runs itself a second time as the caller, has the kernel execute one
// instruction after the other (ptrace(2), PTRACE_SINGLESTEP), and looks up each
// address. So it needs no hardware counters, which virtual machines often lack.
// On arm64 it needs a processor with atomic instructions (LSE, ARMv8.1): a pair of
// exclusive load and store never succeeds with a trap in between.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	if o := os.Getenv(orderVariable); o != "" {
		fail(serve(o))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	fail(err)
}

func fail(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "instructions:", err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

var errUsage = errors.New("wrong command line")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("instructions", flag.ContinueOnError)
	library := flags.String("library", "", "a greeter that hotso build has made; without it, one is built")
	calls := flags.Int("calls", 51, "how many calls of each function are counted")
	functions := flags.Bool("functions", false, "list functions, too")
	file := flags.String("json", "", "write the counts to this file")
	against := flags.String("against", "", "compare with such a file; exit with 1 if a call takes over 1 % more")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errUsage, err)
	case flags.NArg() > 0:
		return fmt.Errorf("%w: %q is not a flag", errUsage, flags.Arg(0))
	case *calls < 1:
		return fmt.Errorf("%w: --calls %d: count at least one call", errUsage, *calls)
	}
	var before *Report
	if *against != "" {
		var err error
		if before, err = readReport(*against); err != nil {
			return err
		}
	}
	if *library == "" {
		dir, err := os.MkdirTemp("", "hotso-instructions-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if *library, err = buildGreeter(ctx, dir); err != nil {
			return err
		}
	}
	path, err := filepath.Abs(*library)
	if err != nil {
		return err
	}
	now, err := count(ctx, path, *calls)
	if err != nil {
		return err
	}
	if *file != "" {
		if err := now.write(*file); err != nil {
			return err
		}
	}
	if err := writeTable(out, now, before, *functions); err != nil || before == nil {
		return err
	}
	return now.compare(before)
}
