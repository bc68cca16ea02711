package main

import (
	"bytes"
	"fmt"
	"os"
)

// The table replaces whatever is between these two lines of a page.
const (
	begins = "<!-- make compare PAGE=1 writes this -->"
	ends   = "<!-- until here -->"
)

// rewrite puts the table into the page, in place of the one before.
func rewrite(file, table string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if page, err = replaced(page, table); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, page, 0o644)
}

func replaced(page []byte, table string) ([]byte, error) {
	before, rest, ok1 := bytes.Cut(page, []byte(begins+"\n"))
	_, after, ok2 := bytes.Cut(rest, []byte(ends))
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("no place for the table: %q on a line, and %q behind it", begins, ends)
	}
	return fmt.Appendf(nil, "%s%s\n%s%s%s", before, begins, table, ends, after), nil
}
