// Command compare measures hotso against the other ways to call code that was
// not linked in: one run, one table, one machine. In its directory:
//
//	go run . --plot compare.svg > compare.md
//
// or, to put the results into docs/performance.md too, make compare PAGE=1.
//
// It builds what it compares (Go and a C compiler are needed), takes about
// five minutes, and wants the machine for itself. The jobs: add two numbers;
// greet, with a string in and a string of the caller's own out; an echo of
// 64 KiB; add by 8 goroutines as a multiple of add by one; the first load of a
// process, from the file to the first greeting; what 20 loads and closes
// leave in the process, after GC; and an order, a struct of 12 fields with a map
// and a list of structs, that comes back priced, or an error. Some contenders only
// do the last, and some not that. Every contender runs the same greeter in Go
// (wazero: built by Go for wasip1, with -buildmode=c-shared) and has a process
// of its own. Those that load a shared object load the same one, and cgo has
// two rows: one with C strings as its documentation has it, and one that passes
// Go memory, with as few crossings as can be.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/hotso/hotso/scripts/internal/page"
)

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func start() error {
	if text := os.Getenv(orderVariable); text != "" { // one contender's process
		os.Unsetenv(orderVariable) // not for the servers it starts
		var o order
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			return err
		}
		return serveJobs(o, os.Stdin, os.Stdout)
	}
	rounds := flag.Int("rounds", 20, "how often each job is measured")
	only := flag.String("only", "", "contenders whose names contain one of these `words`, separated by commas")
	quick := flag.Bool("quick", false, "two short rounds: shows that all works, in less than a minute")
	plotTo := flag.String("plot", "", "draw a plot (SVG) to this `file`")
	pageFile := flag.String("page", "", "put the table into this `file` as well, where it has the place")
	serve := flag.String("serve", "", "be the other process of a contender: socket, netrpc or grpc")
	socket := flag.String("socket", "", "the socket of --serve socket")
	flag.Parse()
	switch *serve {
	case "":
	case "socket":
		return serveSocket(*socket)
	default:
		servePlugin(*serve)
		return nil
	}

	if *pageFile != "" && (*quick || *only != "") {
		return errors.New("the page shows a whole run: leave --quick and --only out")
	}
	list := choose(*only)
	if len(list) == 0 || flag.NArg() > 0 {
		return fmt.Errorf("no contender is called %q", *only+strings.Join(flag.Args(), " "))
	}
	r := race{rounds: *rounds, budget: 50 * time.Millisecond}
	if *quick {
		r.rounds, r.budget = 2, 5*time.Millisecond
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if r.built, err = build(ctx, dir, list); err != nil {
		return err
	}
	rows, err := r.run(ctx, list)
	if err != nil {
		return err
	}
	p := here(r.rounds)
	if *plotTo != "" {
		if err := os.WriteFile(*plotTo, plot(p, rows), 0o644); err != nil {
			return err
		}
	}
	var table bytes.Buffer
	if err := errors.Join(writeTable(&table, p, rows), unexpected(rows)); err != nil {
		return errors.Join(err, show(table.String()))
	}
	if *pageFile != "" {
		if err := page.Rewrite(*pageFile, "make compare PAGE=1", table.String()); err != nil {
			return err
		}
	}
	return show(table.String())
}

func show(table string) error {
	_, err := fmt.Print(table)
	return err
}

// unexpected reports the contenders that were built and then failed. One that
// can't be built here is only listed.
func unexpected(rows []*row) error {
	var errs []error
	for _, w := range rows {
		if w.err != nil && !errors.Is(w.err, errBuild) {
			errs = append(errs, fmt.Errorf("%s: %w", w.Name, w.err))
		}
	}
	return errors.Join(errs...)
}

// choose returns the contenders whose name contains one of the words.
func choose(words string) []Contender {
	return slices.DeleteFunc(slices.Clone(contenders), func(c Contender) bool {
		return !slices.ContainsFunc(strings.Split(words, ","), func(w string) bool {
			return strings.Contains(c.Name, w)
		})
	})
}
