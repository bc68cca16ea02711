//go:build linux && (amd64 || arm64)

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// writeTable prints the parts and, below each, its packages, if it has several. With
// a report from before there is a second column for each call.
func writeTable(out io.Writer, now, before *Report, functions bool) error {
	t := &table{columns: []Count{now.Add, now.Greet}, rows: [][]string{{"instructions", "add", "greet"}}}
	if before != nil {
		t.columns = []Count{now.Add, before.Add, now.Greet, before.Greet}
		t.rows = [][]string{{"instructions", "add", "before", "greet", "before"}}
	}
	for _, part := range parts {
		packages := t.names(func(p place) (string, bool) { return p.Package, p.Part == part })
		if len(packages) == 0 {
			continue
		}
		t.row(part, func(p place) bool { return p.Part == part })
		for _, pkg := range packages {
			inside := func(p place) bool { return p.Part == part && p.Package == pkg }
			if len(packages) > 1 {
				t.row("  "+cmp.Or(strings.TrimPrefix(pkg, module+"/"), "no package"), inside)
			}
			if !functions {
				continue
			}
			for _, name := range t.names(func(p place) (string, bool) { return p.Function, inside(p) }) {
				t.row("    "+strings.TrimPrefix(name, pkg+"."), func(p place) bool { return inside(p) && p.Function == name })
			}
		}
	}
	t.row("all", func(place) bool { return true })
	return t.write(out)
}

// A table has a row for each set of places and a column for each count.
type table struct {
	columns []Count
	rows    [][]string
}

func (t *table) row(name string, in func(place) bool) {
	cells := []string{name}
	for _, c := range t.columns {
		n := 0
		for _, f := range c.Functions {
			if in(f.place) {
				n += f.Instructions
			}
		}
		cells = append(cells, strconv.Itoa(n))
	}
	t.rows = append(t.rows, cells)
}

// names returns the different names of places, that with most instructions first.
func (t *table) names(of func(place) (name string, ok bool)) (all []string) {
	size := map[string]int{}
	for _, c := range t.columns {
		for _, f := range c.Functions {
			name, ok := of(f.place)
			if !ok {
				continue
			}
			if _, seen := size[name]; !seen {
				all = append(all, name)
			}
			size[name] += f.Instructions
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(size[b], size[a]), cmp.Compare(a, b)) })
	return all
}

func (t *table) write(out io.Writer) error {
	width := 0
	for _, row := range t.rows {
		width = max(width, utf8.RuneCountInString(row[0]))
	}
	for _, row := range t.rows {
		line := fmt.Sprintf("%-*s", width, row[0])
		for _, cell := range row[1:] {
			line += fmt.Sprintf("%8s", cell)
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}
