package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/hosttest/soak"
)

type soakFlags struct {
	reloads, traffic int
	overlap, json    bool
	reclaim          bool
	duration         time.Duration
	call             string
}

func newSoak(t *terminal) *cobra.Command {
	var f soakFlags
	cmd := &cobra.Command{
		Use:   "soak FILE",
		Short: "Reload a library again and again under calls, and show what it leaks",
		Long: `Load FILE, replace it by itself again and again while goroutines call it, and
show what the process had after the warm-up, in the middle and at the end. If
threads, mappings or descriptors were left, or memory grew by more than 16 bytes
per reload (2 MiB in all for a short run), the exit code is 1.

After each reload the host causes a nil pointer panic and recovers it, as its signals
must still be its own. Before the reloads, the time that the host's runtime takes to
stop its goroutines is measured, without a library and with 3 versions loaded. For the
load, the share of each of its steps is shown.

The calls are the library's health hooks, or what --call says: pick a function
that may be called at any time and any number of times.`,
		Example: `  hotso soak build/libgreeter.v2.so --call 'Add 1 2'
  hotso soak build/libgreeter.v2.so --call 'Add 1 2' --reloads 100000
  hotso soak build/libgreeter.v2.so --overlap=false --for 1m --json`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completeLibrary,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.duration > 0 && !cmd.Flags().Changed("reloads") {
				f.reloads = 0
			}
			return runSoak(cmd.Context(), t, args[0], f)
		},
	}
	cmd.Flags().IntVar(&f.reloads, "reloads", 1000, "how often to reload")
	cmd.Flags().DurationVar(&f.duration, "for", 0, "how long to go on, such as 10m; together with --reloads, whichever ends first")
	cmd.Flags().BoolVar(&f.overlap, "overlap", true, "load the new version before the old one is unloaded")
	cmd.Flags().IntVar(&f.traffic, "traffic", 4, "goroutines that call it all the time")
	cmd.Flags().StringVar(&f.call, "call", "", "function and arguments that they call; default: the health hooks")
	cmd.Flags().BoolVar(&f.reclaim, "reclaim", false, "free what C code leaves on the C heap (host.ReclaimC)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	completes(cmd, completeFunction, "call")
	return cmd
}

// errLeaks is what ends the command with exit code 1; the table says which.
var errLeaks = errors.New("the library leaks")

func runSoak(ctx context.Context, t *terminal, file string, f soakFlags) error {
	if f.reloads < 0 || f.traffic < 0 || f.duration < 0 || f.reloads == 0 && f.duration == 0 {
		return usagef("--reloads, --traffic and --for must not be negative, and one of --reloads and --for above 0")
	}
	conf := soak.Config{File: file, Reloads: f.reloads, For: f.duration, Overlap: f.overlap, Traffic: f.traffic, Reclaim: f.reclaim}
	if words := strings.Fields(f.call); len(words) > 0 {
		d, err := host.Inspect(file)
		if err != nil {
			return err
		}
		call, err := prepareCall(ctx, d, words[0], words[1:])
		if err != nil {
			return err
		}
		conf.Function, conf.Args = call.function, call.args
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	finish := t.soakProgress(&conf)
	t.ownStdout()
	result, err := soak.Run(ctx, conf)
	finish()
	if result != nil && result.Reloads > 0 {
		if f.json {
			err = errors.Join(t.json(result), err)
		} else {
			printSoak(t, result)
		}
	}
	switch {
	case err != nil:
		return err
	case result.Failed > 0:
		return fmt.Errorf("%d calls failed: %s", result.Failed, result.Failure)
	case len(result.Leaks) > 0:
		return fmt.Errorf("%w: %s", errLeaks, strings.Join(result.Leaks, ", "))
	}
	return nil
}

// soakProgress shows a bar on a terminal: of reloads, or of the time.
func (t *terminal) soakProgress(conf *soak.Config) (finish func()) {
	whole, describe := int64(conf.Reloads), "reloads"
	if conf.Reloads == 0 {
		whole, describe = int64(conf.For/time.Millisecond), "soaking"
	}
	set, finish := t.counted(whole, describe)
	conf.Progress = func(reloads int, at time.Duration) {
		if conf.Reloads == 0 {
			set(min(at.Milliseconds(), whole))
		} else {
			set(int64(reloads))
		}
	}
	return finish
}

// shares is ": verified 40.0 %, loaded 60.0 %", or empty.
func shares(steps []soak.Step) string {
	var parts []string
	for _, s := range steps {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", s.State, 100*s.Share))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

func printSoak(t *terminal, r *soak.Result) {
	rows := [][]string{{"", "start", "middle", "end", "per reload"}}
	samples := []soak.Sample{r.Start, r.Middle, r.End}
	add := func(name string, get func(soak.Sample) uint64, show func(uint64) string) {
		row := []string{name}
		for _, s := range samples {
			row = append(row, show(get(s)))
		}
		perReload := (float64(get(r.End)) - float64(get(r.Start))) / float64(max(1, r.End.Reload-r.Start.Reload))
		if name == "rss" {
			perReload = r.RSSSlope
		}
		rows = append(rows, append(row, fmt.Sprintf("%+.2f", perReload)))
	}
	count := func(n uint64) string { return fmt.Sprint(n) }
	bytes := func(n uint64) string { return printable.Size(int64(n)) }
	add("after reload", func(s soak.Sample) uint64 { return uint64(s.Reload) }, count)
	rows[1][4] = ""
	add("threads of libraries", func(s soak.Sample) uint64 { return uint64(s.Foreign()) }, count)
	add("threads of the host", func(s soak.Sample) uint64 { return uint64(s.Own) }, count)
	add("mappings", func(s soak.Sample) uint64 { return uint64(s.Mappings) }, count)
	add("descriptors", func(s soak.Sample) uint64 { return uint64(s.Descriptors) }, count)
	add("rss", func(s soak.Sample) uint64 { return s.RSS }, bytes)
	add("virtual size", func(s soak.Sample) uint64 { return s.Virtual }, bytes)
	add("c heap", func(s soak.Sample) uint64 { return s.CHeap }, bytes)
	add("heap of the host", func(s soak.Sample) uint64 { return s.Heap }, bytes)
	t.table(rows)
	leaks := fact{"leaks", []string{"none"}, color.FgGreen}
	if len(r.Leaks) > 0 {
		leaks = fact{"leaks", []string{strings.Join(r.Leaks, ", ")}, color.FgRed}
	}
	t.facts(
		fact{name: "library", values: []string{r.Library + " v" + r.Version}},
		fact{name: "reloads", values: []string{fmt.Sprintf("%d in %s", r.Reloads, duration(r.Took))}},
		fact{name: "calls", values: []string{fmt.Sprintf("%d, %d failed", r.Calls, r.Failed)}},
		fact{name: "load", values: []string{duration(r.Load) + " (median" + shares(r.Steps) + ")"}},
		fact{name: "unload", values: []string{duration(r.Unload) + " (median, without the wait for calls)"}},
		fact{name: "slowest swap", values: []string{duration(r.Slowest)}},
		fact{name: "stop the world", values: []string{fmt.Sprintf("%s -> %s with 3 versions loaded (medians; x %.2f)",
			duration(r.Stop.Without), duration(r.Stop.With), r.Stop.Ratio)}},
		fact{name: "nil pointers", values: []string{fmt.Sprintf("%d panics of the host's recovered", r.Faults)}},
		leaks,
	)
}
