package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
)

const hotso = "github.com/hotso/hotso"

// lookAtModule looks at the package of a library, or at all programs of a module, and at the module.
func lookAtModule(ctx context.Context, f *findings, dir string) {
	out, err := run(ctx, dir, "go", "list", "-m", "-json", hotso)
	if err != nil {
		mend := mendOf(err)
		if strings.Contains(err.Error(), "not a known dependency") {
			mend = "run go get -tool " + hotso + "/host/cmd/hotso in the module"
		}
		f.bad("module", err.Error(), mend)
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
	programs, err := programsIn(ctx, dir)
	if err != nil {
		f.bad("library", err.Error(), mendOf(err))
		return
	}
	libraries := 0
	for _, p := range programs {
		switch {
		case p.isLibrary():
			libraries++
			lookAtLibrary(ctx, f, seen(p.Dir))
		case p.isHost():
			lookAtHost(ctx, f, p.Dir)
		}
	}
	switch {
	case libraries > 0:
	case len(programs) == 1 && !programs[0].isHost():
		lookAtLibrary(ctx, f, dir) // which says what it lacks
	case len(programs) == 0:
		f.careful("library", "there is none in "+dir+": no package main imports cabi", "hotso new NAME makes one; or put package main with the import _ \""+cabi+"\" into a directory of its own")
	}
}

const (
	cabi = hotso + "/cabi"
	host = hotso + "/host"
)

// A program is a package main, as the go command lists it.
type program struct {
	Dir, Name string
	Deps      []string
}

func (p program) isLibrary() bool { return slices.Contains(p.Deps, cabi) }
func (p program) isHost() bool    { return slices.Contains(p.Deps, host) }

// programsIn are the package main in dir, or, if there is none, those below it.
func programsIn(ctx context.Context, dir string) (programs []program, err error) {
	if own, err := list(ctx, dir, "."); err == nil && len(own) > 0 {
		return own, nil
	}
	return list(ctx, dir, "./...")
}

func list(ctx context.Context, dir, pattern string) (programs []program, err error) {
	out, err := run(ctx, dir, "go", "list", "-e", "-json=Dir,Name,Deps", pattern)
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p program
		switch err := d.Decode(&p); {
		case err == io.EOF:
			return programs, nil
		case err != nil:
			return nil, fmt.Errorf("go list: %w", err)
		case p.Name == "main":
			programs = append(programs, p)
		}
	}
}

// lookAtHost: with cgo, glibc has the place for versions, and not the program.
func lookAtHost(ctx context.Context, f *findings, dir string) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", `{{join .Deps "\n"}}`, ".")
	cmd.Dir = dir // and with cgo or without, as the environment has it
	deps, err := said(cmd)
	dir = seen(dir)
	switch {
	case err != nil:
		f.bad("host", dir+": "+err.Error(), mendOf(err))
	case slices.Contains(strings.Fields(string(deps)), "runtime/cgo"):
		f.good("host", "%s is built with cgo here, so there is room for 16 versions at a time in it; 320 with CGO_ENABLED=0", dir)
	default:
		f.good("host", "%s is built without cgo, so there is room for 320 versions at a time in it", dir)
	}
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
		f.good("library", "%s exports 1 function", dir)
	default:
		f.good("library", "%s exports %d functions", dir, len(functions))
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
