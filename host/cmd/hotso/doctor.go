package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/doctor"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/explain"
)

func newDoctor(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor [DIR | FILE | URL]",
		Short: "Look for what would not work here, and say how to mend it",
		Long: `Look at this machine, at its Go and C compilers, and at the library in DIR or FILE: what
would not work, why, and what to do. Nothing of a library runs. In a directory that is not a
library's, such as the root of a module, it looks at all libraries and hosts below.

With the URL of a hotso serve that runs, ask that instead: which version serves, and which
others stay, wait or have failed, and why.

Run it where the host is to run, as its user: in the container, by the service manager.

Each line is "good", "careful" (it works, but not all of it) or "bad". If one is bad,
the exit code is 1.`,
		Example: `  hotso doctor                           # the machine, and what this directory or module has
  hotso doctor ./libgreeter
  hotso doctor build/libgreeter.v2.so
  hotso doctor http://127.0.0.1:8080
  hotso doctor --json | jq -r '.[] | select(.is != "good") | .mend'`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if own, _ := filepath.Glob("*.go"); len(own) > 0 || exists("go.mod") {
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
	found, err := look(ctx, t, path)
	if err != nil {
		return err
	}
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

// look looks at what path is: a server, a directory, a file, or nothing.
func look(ctx context.Context, t *terminal, path string) ([]doctor.Finding, error) {
	defer t.busy("looking")()
	switch {
	case isURL(path):
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		all, err := client(path).versions(ctx, "")
		return doctor.Server(all, err), nil
	case path == "":
		return doctor.Look(ctx, ""), nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return doctor.Look(ctx, path), nil
	}
	return append(doctor.Look(ctx, ""), examine(path)...), nil
}

// examine looks at a library's file, as hotso inspect --explain does.
func examine(path string) []doctor.Finding {
	d, refused := host.Inspect(path)
	if refused != nil {
		return []doctor.Finding{{Thing: "library", Is: doctor.Bad, Detail: refused.Error(), Mend: "see hotso help " + help.Page(refused)}}
	}
	found := []doctor.Finding{{Thing: "library", Is: doctor.Good, Detail: fmt.Sprintf("%s v%s can be loaded", d.Name, d.Version)}}
	spec, image := readELF(path)
	if spec == nil {
		return found
	}
	if !doctor.Tried(spec.GoVersion) && spec.Go {
		found = append(found, doctor.Finding{Thing: "library", Is: doctor.Careful, Detail: "it was built with " + spec.GoVersion + ", newer than what this hotso was tried with, " + doctor.Newest,
			Mend: "use a newer hotso in the host, or build it with GOTOOLCHAIN=" + doctor.Newest + ".0"})
	}
	follows := map[string]string{explain.Refused: doctor.Bad, explain.Stays: doctor.Careful, explain.Careful: doctor.Careful, explain.Good: doctor.Good}
	for _, e := range explain.Library(path, image, spec) {
		f := doctor.Finding{Thing: "library", Is: follows[e.Follows], Detail: e.Text}
		if f.Is != doctor.Good {
			f.Mend = "see hotso help native-code"
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
