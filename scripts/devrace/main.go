// Command devrace compares hotso dev with tools that build a program again and restart it, whenever a file is saved:
//
//	make devrace [FLAGS="--edits 5 --only hotso,air"]
//
// All have the same web service, each a copy of its own, and take turns: one package in the middle is saved, and
// clients ask until the answer is the new one. What takes part is pinned in go.mod; wgo, if it is installed.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hotso/hotso/scripts/internal/page"
)

var (
	edits    = flag.Int("edits", 20, "how often each tool's package is saved, besides two times to warm up")
	only     = flag.String("only", "", "names of tools, with commas")
	asJSON   = flag.Bool("json", false, "write JSON instead of a table")
	pagePath = flag.String("page", "", "page to write the table into")
	plotPath = flag.String("plot", "", "file to write the plot to")
	verbose  = flag.Bool("v", false, "show what the tools say")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "devrace:", err)
		os.Exit(1)
	}
}

// run is the whole race, begun in scripts/devrace.
func run() (err error) {
	temp, err := os.MkdirTemp("", "devrace-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	var racers []*racer
	defer func() {
		for _, r := range racers {
			err = errors.Join(err, r.stop())
		}
	}()
	tools, err := chosen(temp)
	if err != nil {
		return err
	}
	for _, t := range tools {
		fmt.Fprintf(os.Stderr, "%s builds for the first time\n", t.name)
		r, err := start(t, filepath.Join(temp, t.name))
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		racers = append(racers, r)
	}
	for round := range *edits + warmUp {
		order := slices.Clone(racers)
		for i := range order { // nobody is always the first
			order[i] = racers[(i+round)%len(racers)]
		}
		for _, r := range order {
			select {
			case <-interrupted:
				return errors.New("interrupted")
			default:
			}
			if err := r.turn(round); err != nil {
				return fmt.Errorf("%s: edit %d: %w", r.name, round, err)
			}
		}
	}
	return report(racers)
}

// chosen builds the tools that take part.
func chosen(temp string) (list []tool, err error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	for _, t := range all(temp, root) {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), t.name) {
			continue
		}
		if t.source == "" {
			if _, err := exec.LookPath(t.command[0]); err != nil {
				fmt.Fprintf(os.Stderr, "%s does not take part: %v\n", t.name, err)
				continue
			}
		} else {
			build := exec.Command("go", "build", "-o", t.command[0], t.source)
			build.Dir, build.Env = t.module, append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("go build %s: %w\n%s", t.source, err, out)
			}
		}
		list = append(list, t)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("--only %s: no such tool", *only)
	}
	return list, nil
}

func report(racers []*racer) error {
	rows := rowsOf(racers)
	var table bytes.Buffer
	p := here(*edits)
	writeTable(&table, p, rows)
	if *plotPath != "" {
		if err := os.WriteFile(*plotPath, plot(rows), 0o644); err != nil {
			return err
		}
	}
	if *pagePath != "" {
		if err := page.Rewrite(*pagePath, "make devrace", table.String()); err != nil {
			return err
		}
	}
	if *asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"at": p, "tools": rows})
	}
	_, err := os.Stdout.Write(table.Bytes())
	return err
}

// warmUp are the edits that are not measured.
const warmUp = 2

// patience bounds each wait; nothing gets near it unless something is wrong.
const patience = 10 * time.Minute
