package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/hotso/hotso/host/cmd/hotso/internal/scaffold"
)

func newNew(t *terminal) *cobra.Command {
	var m scaffold.Module
	var isContract bool
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Make a module with a library that can be swapped at once",
		Long: `Make the directory NAME: a module with a library, its tests, a Makefile, and a workflow
for GitHub. It builds and passes its tests. hotso is a tool of the module, so
that go tool hotso is all that its authors need.

NAME may be the path of the module, example.com/team/shop; the directory and the library
are called by its last part. Otherwise the module is example.com/NAME.

The library serves a contract, a Go interface in a package of its own; with --exports
it has plain functions instead. With --host there is a program, too, that calls it
once a second.`,
		Example: `  hotso new shop
  cd shop && go tool hotso dev

  hotso new shop --host
  cd shop && make dev                     # then edit libshop/main.go

  hotso new example.com/team/prices --exports`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			if isContract && m.Exports {
				return usagef("--contract and --exports: choose one")
			}
			if isDirectory(args[0]) {
				return usagef("%s is a directory: say where by -o %s, and NAME beside it", args[0], args[0])
			}
			m.Module = args[0]
			name, _, _ := module.SplitPathVersion(args[0])
			name = path.Base(name)
			if m.Dir == "" {
				m.Dir = name
			}
			if m.Name = strings.TrimPrefix(name, "lib"); m.Name == "" {
				m.Name = name
			}
			if !strings.Contains(m.Module, "/") {
				m.Module = "example.com/" + m.Module
			}
			m.Version = released()
			return makeModule(cmd.Context(), t, m)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&isContract, "contract", false, "the library serves a contract (the default)")
	flags.BoolVar(&m.Exports, "exports", false, "the library has plain functions, with //hotso:export")
	flags.BoolVar(&m.Host, "host", false, "with a program that calls the library")
	flags.StringVarP(&m.Dir, "output", "o", "", "directory to make (default: the last part of NAME)")
	flags.StringVar(&m.Replace, "replace", "", "directory of hotso's own source, to use instead of a release")
	return cmd
}

// isDirectory reports whether a NAME can only be meant as a directory.
func isDirectory(name string) bool {
	return filepath.IsAbs(name) || slices.Contains([]string{".", ".."}, strings.SplitN(name, "/", 2)[0])
}

// released is the version of hotso that this is, if it is one that the go command can fetch, or the
// latest.
func released() string {
	if info, ok := debug.ReadBuildInfo(); ok && semver.IsValid(info.Main.Version) && semver.Build(info.Main.Version) == "" {
		return info.Main.Version
	}
	return "latest"
}

func makeModule(ctx context.Context, t *terminal, m scaffold.Module) error {
	done := t.busy("making " + m.Dir)
	files, err := m.Make(ctx)
	done()
	if errors.Is(err, scaffold.ErrName) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := t.say("%s", filepath.Join(m.Dir, f)); err != nil {
			return err
		}
	}
	next := "go tool hotso dev"
	if m.Host {
		next = "make dev"
	}
	if filepath.Clean(m.Dir) != "." {
		next = "cd " + m.Dir + " && " + next
	}
	fmt.Fprintf(t.err, "Next: %s\n", next)
	return nil
}
