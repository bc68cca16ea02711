package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/schema"
)

func newCompat(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compat OLD NEW",
		Short: "Show what changed in a contract, and fail if it breaks callers",
		Long: `Compare the contracts of OLD and NEW, each of which is a library, the directory of
a contract's package, its hotso_gen.go, or this file at a git revision, REV:PATH. Each
change is printed. If something was removed or changed, a slot that has bound the
contract would refuse NEW in place of OLD, and the exit code is 1.`,
		Example: `  hotso compat build/libshop.v1.so build/libshop.v2.so
  hotso compat origin/main:greeting/hotso_gen.go greeting   # in CI`,
		Args: arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return compat(cmd.Context(), t, args[0], args[1], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"changes": [{"path": ..., "what": ..., "breaking": ...}]}`)
	return cmd
}

func compat(ctx context.Context, t *terminal, before, after string, asJSON bool) error {
	old, err := schemasIn(ctx, before)
	if err != nil {
		return err
	}
	next, err := schemasIn(ctx, after)
	if err != nil {
		return err
	}
	changes := contractChanges(old, next)
	breaking := 0
	for _, c := range changes {
		kind := "compatible"
		if c.Breaking {
			kind = "breaking"
			breaking++
		}
		if !asJSON {
			if err := t.say("%-10s  %s", kind, c); err != nil {
				return err
			}
		}
	}
	if asJSON {
		if err := t.json(struct {
			Changes []schema.Change `json:"changes"`
		}{changes}); err != nil {
			return err
		}
	}
	if breaking > 0 {
		return fmt.Errorf("%d of %d changes break callers of %s", breaking, len(changes), before)
	}
	return nil
}

// schemasIn returns the contracts that a library, package, file or revision has, by name.
func schemasIn(ctx context.Context, what string) (map[string]*schema.Schema, error) {
	info, err := os.Stat(what)
	rev, path, isRevision := strings.Cut(what, ":")
	switch {
	case errors.Is(err, os.ErrNotExist) && isRevision:
		text, err := atRevision(ctx, rev, path)
		if err != nil {
			return nil, err
		}
		return one(libbuild.SchemaIn(what, text))
	case err != nil:
		return nil, err
	case info.IsDir():
		return one(libbuild.SchemaOf(filepath.Join(what, libbuild.GeneratedFile)))
	case strings.HasSuffix(what, ".go"):
		return one(libbuild.SchemaOf(what))
	}
	d, err := host.Inspect(what)
	if err != nil {
		return nil, err
	}
	schemas, err := schemasOf(&d.Manifest)
	if err != nil {
		return nil, err
	}
	if len(schemas) == 0 {
		return nil, fmt.Errorf("%s serves no contract", what)
	}
	return schemas, nil
}

func one(s *schema.Schema, err error) (map[string]*schema.Schema, error) {
	if err != nil {
		return nil, err
	}
	return map[string]*schema.Schema{s.Contract: s}, nil
}

// atRevision is a file as git has it, its path relative to this directory.
func atRevision(ctx context.Context, rev, path string) ([]byte, error) {
	if !strings.HasPrefix(path, ".") && !strings.HasPrefix(path, "/") {
		path = "./" + path
	}
	text, err := exec.CommandContext(ctx, "git", "show", "--end-of-options", rev+":"+path).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("git show %s:%s: %s", rev, path, strings.TrimSpace(string(failed.Stderr)))
	}
	return text, err
}
