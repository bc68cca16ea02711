//go:build linux && (amd64 || arm64)

// Command many loads 256 libraries into one process, swaps them in random order under
// calls, and prints what each takes and whether calls get slower. Run it by make many.
//
//	make many FLAGS='-swaps 1000'
//	make many FLAGS='-against HEAD~20'
//
// The second measures a build of that commit beside this one, in the same run, with as
// many libraries as it can have.
//
// The library is the greeter, so the versions are equal files; what they have in common
// they have in memory once. In a column of its own is what each has for itself (PSS,
// proportional: a page that several mappings share counts in parts).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"text/tabwriter"
)

func main() {
	if file := os.Getenv(fileVariable); file != "" {
		fail(serve(file, os.Stdin, os.Stdout))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if !errors.Is(err, flag.ErrHelp) {
		fail(err)
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "many:", err)
		os.Exit(1)
	}
}

// few is how many libraries every build can have beside each other. From the first ones
// nothing is concluded: with them the host's own memory grows.
const (
	some = 8
	few  = 16
)

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("many", flag.ContinueOnError)
	libraries := flags.Int("libraries", 256, "how many to load")
	swaps := flags.Int("swaps", 10000, "how often to swap one of them, at random")
	against := flags.String("against", "", "a commit whose build is measured as well")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || *libraries <= few || *swaps < 0 {
		return fmt.Errorf("more than %d libraries, no negative number of swaps, and no arguments", few)
	}
	dir, err := os.MkdirTemp("", "hotso-many-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	now, err := build(ctx, dir)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "per further live version\tRSS (KB)\tPSS (KB)\tthreads\tdescriptors\tmappings\t")

	one, err := start(ctx, now)
	if err != nil {
		return err
	}
	defer one.end()
	all, err := start(ctx, now)
	if err != nil {
		return err
	}
	defer all.end()
	if _, err := one.do(order{Load: 1}); err != nil {
		return err
	}
	usage, err := grow(all, some, few, *libraries)
	if err != nil {
		return err
	}
	here := per(usage[0], usage[1])
	here.row(table, fmt.Sprintf("%d to %d", some, few))
	per(usage[1], usage[2]).row(table, fmt.Sprintf("%d to %d", few, *libraries))
	if *against != "" {
		before, err := beside(ctx, dir, *against)
		if err != nil {
			return err
		}
		before.row(table, fmt.Sprintf("%d to %d, %s", some, few, *against))
		here.over(before).row(table, "ratio")
	}
	table.Flush()

	ratio, err := compareCalls(one, all)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\na call with %d libraries takes %.3f times as long as with 1\n", *libraries, ratio)
	swapped, err := all.do(order{Swap: *swaps})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d swaps in %.0f s under %d calls, none of which failed; %d versions went late\n",
		swapped.Swaps, swapped.Seconds, swapped.Calls, swapped.Late)
	left, err := all.do(order{Load: few})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "of %d left: %d KB, %d threads, %d descriptors, %d mappings; before: %d KB, %d, %d, %d\n", few,
		left.RSS, left.Threads, left.Descriptors, left.Mappings, usage[1].RSS, usage[1].Threads, usage[1].Descriptors, usage[1].Mappings)
	return nil
}

// grow loads up to each of these numbers of libraries.
func grow(c *child, numbers ...int) (usage []answer, err error) {
	for _, n := range numbers {
		u, err := c.do(order{Load: n})
		if err != nil {
			return nil, err
		}
		usage = append(usage, u)
	}
	return usage, nil
}

// beside measures the build of a commit.
func beside(ctx context.Context, dir, commit string) (f figures, err error) {
	was, err := buildOf(ctx, dir, commit)
	if err != nil {
		return f, err
	}
	c, err := start(ctx, was)
	if err != nil {
		return f, err
	}
	defer c.end()
	usage, err := grow(c, some, few)
	if err != nil {
		return f, err
	}
	return per(usage[0], usage[1]), nil
}

// compareCalls is the median of the ratios of batches of calls that follow on one another.
func compareCalls(one, all *child) (float64, error) {
	const batches, calls = 41, 100_000
	var ratios []float64
	for range batches {
		a, err := one.do(order{Call: calls})
		if err != nil {
			return 0, err
		}
		b, err := all.do(order{Call: calls})
		if err != nil {
			return 0, err
		}
		ratios = append(ratios, b.Seconds/a.Seconds)
	}
	slices.Sort(ratios)
	return ratios[batches/2], nil
}
