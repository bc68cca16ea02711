package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
)

func newBuild(t *terminal) *cobra.Command {
	var o libbuild.Options
	var asJSON bool
	var key string
	cmd := &cobra.Command{
		Use:   "build [PKG] --version V",
		Short: "Build a package into a sealed library",
		Long: `Build a Go package that imports github.com/hotso/hotso/cabi into
OUTPUT/libNAME.vVERSION.so, a sealed library. PKG is a directory (default: this
one) of any module, or an import path. The file appears complete, by a rename,
so it is safe to build into a directory that hotso serve watches.

It needs Go and a C compiler. The C++ library, and libgcc and libgomp, are linked
statically where that can be done; where it can't, it says why.`,
		Example: `  hotso build ./libgreeter --version 2
  hotso build --version 2.1.0 -o /srv/libs --strip
  hotso build ./libgreeter --version 3 --ldflags "-X 'example.com/greeter.greeting=Moin!'"`,
		Args:              arguments(0, 1),
		ValidArgsFunction: completeDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Version == "" {
				return usagef("--version is needed, such as --version 2")
			}
			o.Dir = "."
			if len(args) > 0 {
				o.Dir = args[0]
			}
			var err error
			if o.Key, err = readSecretKey(key); err != nil {
				return err
			}
			return build(cmd.Context(), t, o, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Version, "version", "", "version: 2, 2.1, 2.1.0 or 2.1.0-rc1")
	flags.StringVarP(&o.Output, "output", "o", "build", "directory of the library")
	flags.StringVar(&o.Name, "name", "", "name of the library (default: the package's directory without \"lib\")")
	flags.StringVar(&key, "key", "", "secret key to sign with (hotso keygen)")
	flags.StringVar(&o.LDFlags, "ldflags", "", "flags for go build -ldflags")
	flags.StringVar(&o.Tags, "tags", "", "tags for go build -tags")
	flags.BoolVar(&o.Strip, "strip", false, "leave out symbol table and debug information")
	flags.BoolVar(&o.Shared, "shared-runtimes", false, "link libstdc++, libgcc and libgomp as shared objects")
	flags.BoolVarP(&o.Verbose, "verbose", "v", false, "show the commands and their output")
	flags.BoolVar(&asJSON, "json", false, "describe the library as JSON")
	completes(cmd, completeNothing, "version", "name", "ldflags", "tags")
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

// built is what build --json prints.
type built struct {
	Path     string             `json:"path"`
	Package  string             `json:"package"`
	Size     int64              `json:"size"` // bytes
	Took     time.Duration      `json:"took"` // nanoseconds
	Manifest *manifest.Manifest `json:"manifest"`
	Notes    []string           `json:"notes,omitempty"` // what is not as it should be, and why
}

func build(ctx context.Context, t *terminal, o libbuild.Options, asJSON bool) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	begin := time.Now()
	o.Contract = gen.Contract
	done := func() {}
	if o.Verbose {
		o.Stderr = t.err
	} else {
		done = t.busy("building " + o.Dir + " v" + o.Version)
	}
	r, err := libbuild.Build(ctx, o)
	done()
	switch {
	case errors.Is(err, libbuild.ErrVersion), errors.Is(err, libbuild.ErrName):
		return usageError{err}
	case err != nil && o.Verbose:
		first, _, _ := strings.Cut(err.Error(), "\n") // the rest has been shown
		return errors.New(first)
	case err != nil:
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintln(t.err, "hotso:", note)
	}
	info, err := os.Stat(r.Path)
	if err != nil {
		return err
	}
	b := built{r.Path, r.Package, info.Size(), time.Since(begin), r.Manifest, r.Notes}
	if asJSON {
		return t.json(b)
	}
	exclusive := ""
	if b.Manifest.Exclusive {
		exclusive = ", exclusive"
	}
	return t.say("%s  %s, %s%s", b.Path, printable.Size(b.Size), duration(b.Took), exclusive)
}
