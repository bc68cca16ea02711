package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/doctor"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/explain"
)

func newDoctor(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor [DIR | FILE]",
		Short: "Look for what would not work here, and say how to mend it",
		Long: `Look at this machine, at its Go and C compilers, and at the library in DIR or FILE: what
would not work, why, and what to do. Nothing of a library runs.

Each line is "good", "careful" (it works, but not all of it) or "bad". If one is bad,
the exit code is 1.`,
		Example: `  hotso doctor                           # the machine, and the library in this directory, if there is one
  hotso doctor ./libgreeter
  hotso doctor build/libgreeter.v2.so
  hotso doctor --json | jq -r '.[] | select(.is != "good") | .mend'`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if own, _ := filepath.Glob("*.go"); len(own) > 0 {
				path = "."
			}
			if len(args) > 0 {
				path = args[0]
			}
			return diagnose(cmd.Context(), t, path, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func diagnose(ctx context.Context, t *terminal, path string, asJSON bool) error {
	dir := path
	var file os.FileInfo
	if path != "" {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			dir, file = "", info
		}
	}
	done := t.busy("looking")
	found := doctor.Look(ctx, dir)
	if file != nil {
		found = append(found, examine(path)...)
	}
	done()
	bad := 0
	for _, f := range found {
		if f.Is == doctor.Bad {
			bad++
		}
	}
	if asJSON {
		if err := t.json(found); err != nil {
			return err
		}
	} else {
		t.found(found)
	}
	switch bad {
	case 0:
		return nil
	case 1:
		return errors.New("1 thing is bad")
	}
	return fmt.Errorf("%d things are bad", bad)
}

// examine looks at a library's file, as hotso inspect --explain does.
func examine(path string) []doctor.Finding {
	d, refused := host.Inspect(path)
	if refused != nil {
		return []doctor.Finding{{Thing: "library", Is: doctor.Bad, Detail: refused.Error(), Mend: "build it with hotso build, or see host/REFUSALS.md"}}
	}
	found := []doctor.Finding{{Thing: "library", Is: doctor.Good, Detail: fmt.Sprintf("%s v%s can be loaded", d.Name, d.Version)}}
	spec, image := readELF(path)
	if spec == nil {
		return found
	}
	follows := map[string]string{explain.Refused: doctor.Bad, explain.Stays: doctor.Careful, explain.Careful: doctor.Careful, explain.Good: doctor.Good}
	for _, e := range explain.Library(path, image, spec) {
		f := doctor.Finding{Thing: "library", Is: follows[e.Follows], Detail: e.Text}
		if f.Is != doctor.Good {
			f.Mend = "see docs/native-code.md"
		}
		found = append(found, f)
	}
	return found
}

// found writes a line for each finding, and one below it for what to do.
func (t *terminal) found(found []doctor.Finding) {
	colors := map[string]color.Attribute{doctor.Good: color.FgGreen, doctor.Careful: color.FgYellow, doctor.Bad: color.FgRed}
	for _, f := range found {
		is := paint(t.outColor, colors[f.Is], fmt.Sprintf("%-7s", f.Is))
		fmt.Fprintf(t.out, "%s  %-15s  %s\n", is, f.Thing, printable.Line(f.Detail))
		if f.Mend != "" {
			fmt.Fprintf(t.out, "%26s%s\n", "", printable.Line("-> "+f.Mend))
		}
	}
}
