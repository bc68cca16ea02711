// Command archdiagram draws the packages of this module, and which imports which, to
// docs/architecture.svg:
//
//	go run ./scripts/archdiagram
//
// What it draws is what go list says, so the picture is never older than the code: a test
// fails when it is. An arrow that follows from others is left out.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "archdiagram:", err)
		os.Exit(1)
	}
}

// picture is where the drawing is, in the module.
var picture = filepath.Join("docs", "architecture.svg")

func run(root string) error {
	svg, err := draw(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, picture), svg, 0o644)
}

// draw returns the picture of the module at root.
func draw(root string) ([]byte, error) {
	packages, err := load(root)
	if err != nil {
		return nil, err
	}
	g := newGraph(packages)
	g.reduce()
	g.place()
	return g.svg(), nil
}
