package main

// The terminal rules, which every subcommand keeps:
//
//   - Quiet: what was asked for goes to stdout, and nothing else does. No
//     banner, no "done".
//   - Errors go to stderr as "hotso: ..." and say what to do. The exit code
//     says the rest (hotso help exit-codes). A reason that has a page names it: hotso
//     help errors/seal.
//   - Aligned: facts are a column of names and a column of values; a log line
//     has its time, version and state where the last one had them.
//   - Colour and progress only on a terminal, and no colour with NO_COLOR set
//     (https://no-color.org). What a pipe gets is what a terminal shows.
//   - --json writes one JSON document, or, if it goes on, one JSON document a
//     line. Durations in JSON are nanoseconds. Errors stay on stderr.
//   - Text of others, such as the names of files and what libraries say of themselves,
//     is written by package printable: it begins no line of its own, and does
//     nothing to a terminal. All but the results of hotso call goes that way.

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fatih/color"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
)

// A terminal is where a subcommand writes.
type terminal struct {
	out, err           io.Writer
	outColor, errColor bool
	progress           bool   // stderr is somewhere to show progress
	interactive        bool   // stdin and stdout are a terminal that can be drawn on
	pager              string // command that shows long texts, if stdout is a terminal and there is one

	failed func(error) bool // writes the error that ends the command in a form of its own, or reports false; may be nil
}

func newTerminal() *terminal {
	colors := os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	outTerm, errTerm := term.IsTerminal(int(os.Stdout.Fd())), term.IsTerminal(int(os.Stderr.Fd()))
	t := &terminal{
		out: os.Stdout, err: os.Stderr,
		outColor: colors && outTerm, errColor: colors && errTerm, progress: errTerm,
	}
	t.interactive = outTerm && term.IsTerminal(int(os.Stdin.Fd())) && os.Getenv("TERM") != "dumb"
	if outTerm {
		t.pager = os.Getenv("PAGER")
	}
	return t
}

// logs writes the log records of libraries (cabilog) to stderr.
func (t *terminal) logs() host.Option {
	return host.WithLogger(slog.New(slog.NewTextHandler(t.err, nil)))
}

// problem writes the error that ends the command.
func (t *terminal) problem(err error) {
	fmt.Fprintln(t.err, "hotso:", printable.Error(err, hasOutput))
}

// hasOutput reports whether the text of an error has what the go command has said.
func hasOutput(err error) bool { return err == libbuild.ErrGo || err == gen.ErrGo }

// firstLine is what is said of a file, without the stacks of libraries that may follow.
func firstLine(text, file string) string {
	if file == "" {
		return printable.Line(text) // no library has said any of it
	}
	first, _, _ := strings.Cut(strings.ReplaceAll(text, file, printable.Line(file)), "\n")
	return printable.Line(first)
}

// note writes a line to stderr that goes with no error of the command itself.
func (t *terminal) note(format string, args ...any) {
	fmt.Fprintln(t.err, "hotso:", printable.Line(fmt.Sprintf(format, args...)))
}

// say writes a line to stdout.
func (t *terminal) say(format string, args ...any) error {
	_, err := fmt.Fprintln(t.out, printable.Line(fmt.Sprintf(format, args...)))
	return err
}

// json writes a document for people and programs.
func (t *terminal) json(v any) error {
	enc := json.NewEncoder(printable.JSON(t.out))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// jsonLine writes a document in a line of its own.
func (t *terminal) jsonLine(v any) error {
	enc := json.NewEncoder(printable.JSON(t.out))
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// facts writes a column of names and one of values; more values of the same
// name go below each other.
func (t *terminal) facts(facts ...fact) {
	var rows [][]string
	var attrs []color.Attribute
	for _, f := range facts {
		name := f.name
		for _, value := range f.values {
			rows, attrs = append(rows, []string{name, value}), append(attrs, f.attr)
			name = ""
		}
	}
	for i, line := range columns(rows) {
		value := printable.Line(rows[i][1])
		name := strings.TrimSuffix(line, strings.TrimRight(value, " "))
		if attr := attrs[i]; attr != 0 {
			value = paint(t.outColor, attr, value)
		}
		fmt.Fprintln(t.out, paint(t.outColor, color.Faint, name)+value)
	}
}

type fact struct {
	name   string
	values []string
	attr   color.Attribute // of the values; 0: none
}

// columns aligns the cells of rows and returns one text a row, which can be printed.
func columns(rows [][]string) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, printable.Line(cell))
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // to memory
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines[:len(rows)]
}

// table writes rows, aligned, the first of which is the head.
func (t *terminal) table(rows [][]string) {
	for i, line := range columns(rows) {
		if i == 0 {
			line = paint(t.outColor, color.Faint, line)
		}
		fmt.Fprintln(t.out, line)
	}
	fmt.Fprintln(t.out)
}

// counted shows how much of the whole is done, until finish is called. Both functions do
// nothing if there is nowhere to show it.
func (t *terminal) counted(whole int64, what string) (set func(int64), finish func()) {
	if !t.progress {
		return func(int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(whole,
		progressbar.OptionSetWriter(t.err), progressbar.OptionSetDescription(printable.Line(what)),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true))
	return func(n int64) { _ = bar.Set64(n) }, func() { _ = bar.Finish() }
}

// busy shows that something takes its time, until done is called.
func (t *terminal) busy(what string) (done func()) {
	if !t.progress {
		return func() {}
	}
	bar := progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(t.err), progressbar.OptionSetDescription(printable.Line(what)),
		progressbar.OptionSpinnerType(14), progressbar.OptionSetElapsedTime(true),
		progressbar.OptionEnableColorCodes(false), progressbar.OptionClearOnFinish())
	tick := time.NewTicker(100 * time.Millisecond)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-tick.C:
				_ = bar.Add(1)
			case <-stop:
				tick.Stop()
				_ = bar.Finish()
				return
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

func paint(on bool, a color.Attribute, text string) string {
	if !on {
		return text
	}
	c := color.New(a)
	c.EnableColor()
	return c.Sprint(text)
}

// duration formats d for people.
func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
