// Package page puts what a command has measured into a page of the documentation.
package page

import (
	"bytes"
	"fmt"
	"os"
)

const ends = "<!-- until here -->"

func begins(command string) string { return "<!-- " + command + " writes this -->" }

// Rewrite puts the table that the command has made into a page, in place of the one before: between
// the line "<!-- COMMAND writes this -->" and the line "<!-- until here -->".
func Rewrite(file, command, table string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if page, err = Replaced(page, command, table); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, page, 0o644)
}

// Replaced is the page with the table.
func Replaced(page []byte, command, table string) ([]byte, error) {
	begins := begins(command)
	before, rest, ok1 := bytes.Cut(page, []byte(begins+"\n"))
	_, after, ok2 := bytes.Cut(rest, []byte(ends))
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("no place for the table: there must be a line %q, and %q after it", begins, ends)
	}
	return fmt.Appendf(nil, "%s%s\n%s%s%s", before, begins, table, ends, after), nil
}
