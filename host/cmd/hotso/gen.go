package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/internal/gen"
)

func newGen(t *terminal) *cobra.Command {
	var check bool
	var tags, langs []string
	cmd := &cobra.Command{
		Use:   "gen [DIR]",
		Short: "Write the exports, C header and Go client of a library, or the code of a contract",
		Long: `Write what lies between the plain Go functions of the library in DIR (default:
this directory) and their callers: hotso_gen.go with the exports, the C header,
and a Go client package. The paths of files that change are printed.

Functions with a line //hotso:export above them are exported; they are in
package main, or in packages that a line //hotso:package ./DIR in it names.
//hotso:header DIR and //hotso:client DIR say where the output goes (default:
include and client).

Parameters and results are bool, integers of a fixed width, floats, string, []byte,
slices of numbers, structs of numbers and bool, and named types of these; a last
result may be an error. A result that does not fit into a call is an io.Reader, io.ReadCloser or
iter.Seq2[[]byte, error]. A parameter may be a function of up to three of these types
that returns an error, or a result and an error: the client passes a Go function, which
the library may call until the call returns.

In the package of a contract, an interface with a line //hotso:contract above it, it writes
hotso_gen.go with Export, Bind, and the code that carries the values of all types that the
interface mentions. In a library that serves it, a line //hotso:contract PATH names the
package. See docs/contracts.md.

With --lang it writes clients for programs in other languages too, which call the library
through libhotso: client/NAME.hpp, NAME.py and so on. See docs/other-languages.md.

If build tags leave out a file that exports something, a note on stderr says so.`,
		Example: `  hotso gen ./libgreeter
  hotso gen --tags pro     # then hotso build --tags pro
  hotso gen ./libgreeter --lang python,node
  hotso gen ./libgreeter --check   # in CI: exit code 1 if something is not up to date`,
		Args:              arguments(0, 1),
		ValidArgsFunction: completeDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return generate(cmd.Context(), t, dir, tags, langs, check)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; print what is not up to date, and fail if there is any")
	cmd.Flags().StringSliceVar(&tags, "tags", nil, "build tags of the files to read, as for hotso build")
	cmd.Flags().StringSliceVar(&langs, "lang", nil, "write clients in these languages too: "+strings.Join(gen.Languages(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(gen.Languages(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func generate(ctx context.Context, t *terminal, dir string, tags, langs []string, check bool) error {
	files, notes, err := gen.Generate(ctx, dir, tags...)
	for _, n := range notes {
		t.note("note: %s", n)
	}
	if err != nil {
		return err
	}
	if len(langs) > 0 {
		clients, err := gen.Clients(ctx, dir, tags, langs)
		if err != nil {
			return err
		}
		files = append(files, clients...)
	}
	stale, err := gen.Stale(dir, files)
	if err != nil {
		return err
	}
	for _, f := range stale {
		_ = t.say("%s", filepath.Join(dir, f.Path)) // what is written matters more
	}
	switch {
	case !check:
		return gen.Write(dir, stale)
	case len(stale) > 0:
		return fmt.Errorf("%d of %d generated files are not up to date: run hotso gen %s", len(stale), len(files), dir)
	}
	return nil
}
