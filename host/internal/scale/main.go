package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	docs := flag.String("docs", "docs", "directory of the page scale.md, and of its plots")
	flag.Parse()
	if err := write(*docs); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// write puts figures and plots into the documentation.
func write(docs string) error {
	file := filepath.Join(docs, "scale.md")
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	r := simulate()
	for name, text := range r.tables {
		if page, err = replaced(page, name, text); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	for name, c := range r.charts {
		if err := os.WriteFile(filepath.Join(docs, "scale-"+name+".svg"), c.svg(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(file, page, 0o644)
}

const ends = "<!-- until here -->"

// replaced is a page with another table between its two lines.
func replaced(page []byte, name, table string) ([]byte, error) {
	begins := fmt.Sprintf("<!-- make scale writes this: %s -->\n", name)
	before, rest, ok1 := bytes.Cut(page, []byte(begins))
	_, after, ok2 := bytes.Cut(rest, []byte(ends))
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("there must be a line %q, and %q after it", begins, ends)
	}
	return fmt.Appendf(nil, "%s%s\n%s\n%s%s", before, begins, table, ends, after), nil
}
