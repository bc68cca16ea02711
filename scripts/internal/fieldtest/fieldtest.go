//go:build linux

// Package fieldtest proves hotso on libraries that others wrote. It builds each, unloads it once
// and crashes it once and looks at what the process has that it had not before, reloads it under
// calls while it is busy, crashes it in all ways, and makes a row of a table of that.
package fieldtest

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/hotso/hotso/scripts/internal/page"
)

// A Library is a directory of the suite's module, built in one way. It is busy from its start on,
// and Work(n int64) int64 keeps it busy.
type Library struct {
	Name    string   `json:"name"`
	Dir     string   `json:"-"`             // empty: that of the module
	What    string   `json:"what"`          // what is under way in it when it goes
	Tags    string   `json:"-"`             // for hotso build
	LDFlags string   `json:"-"`             // for hotso build
	Needs   []string `json:"-"`             // files of which the C compiler must find each
	Install string   `json:"-"`             // what has them, on Debian 12
	Prepare []string `json:"-"`             // a command to run before; empty: none
	Why     string   `json:"why,omitempty"` // why something stays, if it can't be otherwise
}

// A Suite is libraries that are tested in the same way.
type Suite struct {
	Name      string // the command's, and of a directory in build
	Module    string // directory
	Libraries []Library
	Columns   []Column
	Reloads   int  // of each library, if -reloads does not say
	Crashes   int  // likewise
	Strict    bool // whatever stays is a failure, if the library has no Why
}

// Main is the command: it tests the chosen libraries and exits, with 1 if a host died, a report
// says that all is gone and it isn't, or, if the suite is strict, something stays.
func (s Suite) Main() {
	if len(os.Args) == 3 && os.Args[1] == probeArg {
		os.Exit(probeMain(os.Args[2]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := runner{Suite: s}
	only := flag.String("only", "", "the libraries, separated by commas; empty: all")
	flag.IntVar(&r.reloads, "reloads", s.Reloads, "how often each is reloaded")
	flag.IntVar(&r.crashes, "crashes", s.Crashes, "how often each is crashed")
	flag.DurationVar(&r.limit, "for", 5*time.Minute, "how long the reloads of a library may go on, and its crashes; the table says how many it were")
	flag.BoolVar(&r.reclaim, "reclaim", true, "free what C code leaves on the C heap (host.ReclaimC)")
	flag.BoolVar(&r.json, "json", false, "print one JSON document")
	flag.StringVar(&r.page, "page", "", "a Markdown file into which the table goes as well")
	flag.StringVar(&r.dir, "o", "build/"+s.Name, "directory of the libraries, of those commands' results and of what they print")
	flag.Parse()
	bad, err := r.run(ctx, strings.Split(*only, ","))
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", s.Name, err)
	}
	if err != nil || bad {
		os.Exit(1)
	}
}

// choose returns the libraries of those names.
func (s Suite) choose(names []string) ([]Library, error) {
	if slices.Equal(names, []string{""}) {
		return s.Libraries, nil
	}
	var chosen []Library
	for _, name := range names {
		i := slices.IndexFunc(s.Libraries, func(l Library) bool { return l.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("-only: there is no library %q", name)
		}
		chosen = append(chosen, s.Libraries[i])
	}
	return chosen, nil
}

// A runner does the same with each library, one after the other.
type runner struct {
	Suite
	reloads, crashes int
	limit            time.Duration
	reclaim, json    bool
	page             string
	dir              string
	hotso, self      string // programs
}

// run prints a row as soon as there is one. It reports whether there was one that must not be.
func (r *runner) run(ctx context.Context, only []string) (bad bool, err error) {
	chosen, err := r.choose(only)
	if err != nil {
		return false, err
	}
	if err := r.prepare(ctx); err != nil {
		return false, err
	}
	out := io.Writer(os.Stdout)
	if r.json {
		out = io.Discard
	}
	var table strings.Builder
	table.WriteString(r.header())
	fmt.Fprint(out, r.header())
	rows, skipped := []*Row{}, []string{}
	bar := progress(len(chosen))
	for _, l := range chosen {
		bar.Describe(l.Name)
		row, why := r.test(ctx, l)
		if ctx.Err() != nil {
			return bad, fmt.Errorf("stopped at %s: %w", l.Name, context.Cause(ctx))
		}
		_ = bar.Clear()
		if why != "" {
			skipped = append(skipped, fmt.Sprintf("%s was not built: %s\n", l.Name, why))
		} else {
			rows = append(rows, row)
			fmt.Fprintln(&table, r.line(row))
			fmt.Fprintln(out, r.line(row))
			bad = bad || row.bad(r.Strict)
		}
		_ = bar.Add(1)
	}
	_ = bar.Finish()
	for _, s := range skipped {
		fmt.Fprintf(os.Stderr, "%s", s)
	}
	if r.json {
		err = json.NewEncoder(os.Stdout).Encode(rows)
	}
	if r.page != "" {
		err = errors.Join(err, page.Rewrite(r.page, "make "+r.Name+" PAGE=1", table.String()))
	}
	return bad, err
}

const hotso = "github.com/hotso/hotso/host/cmd/hotso"

// Build builds a library of the suite into a directory, and the commands that test it.
func (s Suite) Build(ctx context.Context, dir string, l Library) (file string, err error) {
	r := runner{Suite: s, dir: dir}
	if err := r.prepare(ctx); err != nil {
		return "", err
	}
	file, why := r.build(ctx, l)
	if why != "" {
		return "", fmt.Errorf("%s was not built: %s", l.Name, why)
	}
	return file, nil
}

// prepare builds the commands.
func (r *runner) prepare(ctx context.Context) (err error) {
	if _, err := os.Stat(r.Module); err != nil {
		return fmt.Errorf("run it in the root of the module: make %s: %w", r.Name, err)
	}
	if r.dir, err = filepath.Abs(r.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(r.dir, 0o777); err != nil {
		return err
	}
	if r.self, err = os.Executable(); err != nil {
		return err
	}
	r.hotso = filepath.Join(r.dir, "hotso")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", r.hotso, hotso)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", hotso, err, out)
	}
	return nil
}

// test does all with a library, or says why it can't be built.
func (r *runner) test(ctx context.Context, l Library) (row *Row, why string) {
	file, why := r.build(ctx, l)
	if why != "" {
		return nil, why
	}
	return r.measure(ctx, l, file), ""
}

// progress is a bar on a terminal, and nothing elsewhere.
func progress(whole int) *progressbar.ProgressBar {
	out := io.Writer(os.Stderr)
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		out = io.Discard
	}
	return progressbar.NewOptions(whole, progressbar.OptionSetWriter(out), progressbar.OptionShowCount(),
		progressbar.OptionSetElapsedTime(true), progressbar.OptionClearOnFinish())
}
