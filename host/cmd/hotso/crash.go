package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/hosttest/drill"
)

type crashFlags struct {
	kinds                   []string
	times, callers, traffic int
	json, verbose, reclaim  bool
}

func newCrash(t *terminal) *cobra.Command {
	var f crashFlags
	cmd := &cobra.Command{
		Use:   "crash FILE",
		Short: "Crash a library on purpose, and show that the process survives",
		Long: `Load FILE twice, and end the Go runtime of the first again and again while callers
are inside it and others call the second. Each time the callers must be freed,
and the library, loaded again, must give a good answer; the second one must not
lose a call; and at the end nothing may be left. Otherwise the exit code is 1.

Every hotso library can do that; its own functions are not called. Kinds, or all
in turn:
  ` + strings.Join(abi.DrillKinds, " ") + `

The times are from the crashing call; if it hangs, from when the host ends it.`,
		Example: `  hotso crash build/libgreeter.v2.so
  hotso crash build/libgreeter.v2.so --kind panic,overflow --times 100
  hotso crash build/libgreeter.v2.so --kind hang --verbose`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completeLibrary,
		RunE:              func(cmd *cobra.Command, args []string) error { return runCrash(cmd.Context(), t, args[0], f) },
	}
	cmd.Flags().StringSliceVar(&f.kinds, "kind", []string{"all"}, "how to crash; several, separated by commas")
	cmd.Flags().IntVar(&f.times, "times", 100, "how often, in all")
	cmd.Flags().IntVar(&f.callers, "callers", 4, "callers that are inside at each crash")
	cmd.Flags().IntVar(&f.traffic, "traffic", 2, "goroutines that call the second library")
	cmd.Flags().BoolVar(&f.reclaim, "reclaim", false, "free what C code leaves on the C heap (host.ReclaimC)")
	cmd.Flags().BoolVar(&f.verbose, "verbose", false, "let the dying runtimes write to stderr")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	completes(cmd, cobra.FixedCompletions(append([]string{"all"}, abi.DrillKinds...), cobra.ShellCompDirectiveNoFileComp), "kind")
	return cmd
}

// errNotContained is what ends the command with exit code 1; the table says more.
var errNotContained = errors.New("a crash was not contained")

func runCrash(ctx context.Context, t *terminal, file string, f crashFlags) error {
	if f.times < 1 || f.callers < 0 || f.traffic < 0 {
		return usagef("--times must be at least 1, --callers and --traffic not negative")
	}
	if slices.Contains(f.kinds, "all") {
		f.kinds = abi.DrillKinds
	}
	for _, kind := range f.kinds {
		if !slices.Contains(abi.DrillKinds, kind) {
			return usagef("no kind %q; there are all, %s", kind, strings.Join(abi.DrillKinds, ", "))
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if !f.verbose {
		stderr, err := drill.Mute()
		if err != nil {
			return err
		}
		t.err = stderr
	}
	t.ownStdout()
	conf := drill.Config{File: file, Kinds: f.kinds, Times: f.times, Callers: f.callers, Traffic: f.traffic, Reclaim: f.reclaim}
	set, finish := t.counted(int64(f.times), "crashes")
	conf.Progress = func(n int) { set(int64(n)) }
	result, err := drill.Run(ctx, conf)
	finish()
	if result != nil && result.Crashes > 0 {
		if f.json {
			err = errors.Join(t.json(result), err)
		} else {
			printCrash(t, result)
		}
	}
	if err == nil && result.Failed() {
		err = errNotContained
	}
	return err
}

func printCrash(t *terminal, r *drill.Result) {
	rows := [][]string{{"kind", "crashes", "contained", "callers freed", "next good answer"}}
	for _, k := range append(slices.Clone(r.Kinds), r.Sum()) {
		rows = append(rows, []string{k.Kind, fmt.Sprint(k.Crashes), fmt.Sprint(k.Contained), times(k.Freed), times(k.Answer)})
	}
	t.table(rows)
	leaks, failures := fact{"leaks", []string{"none"}, color.FgGreen}, fact{"failures", []string{"none"}, color.FgGreen}
	if len(r.Leaks) > 0 {
		leaks = fact{"leaks", []string{strings.Join(r.Leaks, ", ")}, color.FgRed}
	}
	if len(r.Failures) > 0 {
		failures = fact{name: "failures", values: r.Failures}
	}
	count := func(of func(int) int) []string { return []string{fmt.Sprintf("%d -> %d", of(0), of(1))} }
	both := []struct{ threads, mappings, descriptors int }{
		{r.Start.Foreign(), r.Start.Mappings, r.Start.Descriptors}, {r.End.Foreign(), r.End.Mappings, r.End.Descriptors},
	}
	t.facts(
		fact{name: "library", values: []string{r.Library + " v" + r.Version}},
		fact{name: "crashes", values: []string{fmt.Sprintf("%d in %s, %d callers inside", r.Crashes, duration(r.Took), r.Callers)}},
		fact{name: "second library", values: []string{fmt.Sprintf("%d calls, %d lost", r.Calls, r.Lost)}},
		fact{name: "threads", values: count(func(i int) int { return both[i].threads })},
		fact{name: "mappings", values: count(func(i int) int { return both[i].mappings })},
		fact{name: "descriptors", values: count(func(i int) int { return both[i].descriptors })},
		leaks,
		failures,
	)
}

// times are min, mean and max for people.
func times(t drill.Times) string {
	return duration(t.Min) + " / " + duration(t.Mean) + " / " + duration(t.Max)
}
