package libbuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A goCommand runs the go command in one directory and environment.
type goCommand struct {
	dir string   // "" is the working directory
	env []string // on top of the process's
}

// run returns the standard output. What the command writes to standard error goes to
// stderr at once. If it fails, the error wraps ErrGo and ends with that text.
//
// A cancelled command is interrupted with all its children, so that go removes
// its work directory; after ten seconds it is killed.
func (g goCommand) run(ctx context.Context, stderr io.Writer, args ...string) ([]byte, error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = g.dir
	// CGO_ENABLED=1 is last, so it wins: without cgo there is no library.
	cmd.Env = append(append(cmd.Environ(), g.env...), "CGO_ENABLED=1")
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(&said, stderr)
	cmd.WaitDelay = 10 * time.Second
	end := ownGroup(cmd)
	err := cmd.Run()
	end()
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("go %s: %w", args[0], context.Cause(ctx))
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%w: %w: install Go and put it in PATH", ErrGo, err)
	}
	return nil, fmt.Errorf("%w: go %s: %w\n%s", ErrGo, args[0], err, bytes.TrimSpace(said.Bytes()))
}

// A goPackage is what go list says about a package.
type goPackage struct {
	Dir        string
	ImportPath string
	Name       string
	GoFiles    []string // by the build's constraints
	CgoFiles   []string // likewise, those that import "C"
	Deps       []string
}

const cabiPath = "github.com/hotso/hotso/cabi"

// list returns the one package of a pattern and checks that it is a library.
func (g goCommand) list(ctx context.Context, pattern, tags string) (goPackage, error) {
	args := []string{"list", "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,Deps"}
	if tags != "" { // an empty -tags would undo the one in GOFLAGS
		args = append(args, "-tags="+tags)
	}
	out, err := g.run(ctx, io.Discard, append(args, "--", pattern)...)
	if err != nil {
		return goPackage{}, err
	}
	var p goPackage
	dec := json.NewDecoder(bytes.NewReader(out))
	switch err := dec.Decode(&p); {
	case errors.Is(err, io.EOF):
		return p, fmt.Errorf("%w: %s matches no package", ErrNotLibrary, pattern)
	case err != nil:
		return p, fmt.Errorf("%w: go list: %w", ErrGo, err)
	case dec.More():
		return p, fmt.Errorf("%w: %s matches more than one package: name one", ErrNotLibrary, pattern)
	case p.Name != "main":
		return p, fmt.Errorf("%w: %s is package %s: a library is package main, with an empty func main",
			ErrNotLibrary, p.ImportPath, p.Name)
	case !slices.Contains(p.Deps, cabiPath):
		return p, fmt.Errorf("%w: %s does not import cabi: add import _ %q to one of its files",
			ErrNotLibrary, p.ImportPath, cabiPath)
	}
	return p, nil
}

// A toolchain is what go env says about the compilers.
type toolchain struct{ GOVERSION, GOOS, GOARCH, CC string }

// elfSystems are the systems on which go build -buildmode=c-shared makes ELF.
var elfSystems = []string{"linux", "freebsd", "android"}

func (g goCommand) toolchain(ctx context.Context) (toolchain, error) {
	var t toolchain
	out, err := g.run(ctx, io.Discard, "env", "-json", "GOVERSION", "GOOS", "GOARCH", "CC")
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(out, &t); err != nil {
		return t, fmt.Errorf("%w: go env: %w", ErrGo, err)
	}
	if !slices.Contains(elfSystems, t.GOOS) {
		return t, fmt.Errorf("%w: GOOS=%s: hotso libraries are ELF files; build on linux or with GOOS=linux",
			ErrPlatform, t.GOOS)
	}
	// CC may hold arguments, as in "ccache gcc"; the first word is the program.
	program, _, _ := strings.Cut(strings.Trim(t.CC, `"'`), " ")
	if _, err := exec.LookPath(program); err != nil {
		return t, fmt.Errorf("%w: %w: install gcc or clang, or set CC", ErrNoCompiler, err)
	}
	return t, nil
}
