package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
)

const hotso = "github.com/hotso/hotso"

// lookAtModule looks at the package of a library, and at its module.
func lookAtModule(ctx context.Context, f *findings, dir string) {
	out, err := run(ctx, dir, "go", "list", "-m", "-json", hotso)
	if err != nil {
		f.bad("module", err.Error(), "run go get -tool "+hotso+"/host/cmd/hotso in the module")
		return
	}
	var m struct {
		Version, Dir string
		Main         bool
		Replace      *struct{ Path string }
	}
	if err := json.Unmarshal(out, &m); err != nil {
		f.bad("module", "go list: "+err.Error(), "use a Go release that hotso knows")
		return
	}
	switch {
	case m.Main:
		f.good("module", "hotso's own")
	case m.Replace != nil:
		f.good("module", "it has hotso from %s", m.Replace.Path)
	default:
		f.good("module", "it has hotso %s", m.Version)
	}
	lookAtLibrary(ctx, f, dir)
}

// lookAtLibrary: what hotso gen and hotso build would say, without building.
func lookAtLibrary(ctx context.Context, f *findings, dir string) {
	sources, err := dev.Sources(ctx, dir, "")
	if err != nil {
		f.bad("library", err.Error(), "mend what it says")
		return
	}
	for _, d := range append(sources.Contracts, dir) {
		if !lookAtGenerated(ctx, f, seen(d)) {
			return
		}
	}
	begin := "put //hotso:export above functions, or //hotso:contract into package main, and run hotso gen " + dir
	functions, err := libbuild.Scan(dir)
	switch {
	case errors.Is(err, libbuild.ErrNotLibrary):
		f.bad("library", err.Error(), begin)
	case err != nil:
		f.bad("library", err.Error(), "mend what the lines say; include/cabi.h has the conventions")
	case len(functions) == 0:
		f.bad("library", dir+" exports nothing", begin)
	case len(functions) == 1:
		f.good("library", "it exports 1 function")
	default:
		f.good("library", "it exports %d functions", len(functions))
	}
	if _, err := run(ctx, dir, "go", "vet", "."); err != nil {
		f.bad("library", "go vet: "+err.Error(), "mend what it says")
	}
}

// seen is a directory as the working directory sees it, if it is below.
func seen(dir string) string {
	if cwd, err := os.Getwd(); err == nil && filepath.IsAbs(dir) {
		if rel, err := filepath.Rel(cwd, dir); err == nil && filepath.IsLocal(rel) {
			return "./" + filepath.ToSlash(rel)
		}
	}
	return dir
}

// lookAtGenerated reports whether what hotso gen writes for a package is up to date.
func lookAtGenerated(ctx context.Context, f *findings, dir string) bool {
	pending, err := gen.Pending(ctx, dir)
	switch {
	case err != nil:
		f.bad("library", err.Error(), "mend what the lines say; docs/generator.md and docs/contracts.md say what crosses")
		return false
	case len(pending) > 0:
		f.bad("library", fmt.Sprintf("%s is not up to date", filepath.Join(dir, pending[0].Path)), "run hotso gen "+dir)
		return false
	}
	return true
}
