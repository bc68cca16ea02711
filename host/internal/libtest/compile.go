package libtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/libbuild"
)

// compile builds the library at o.Dir into file, which is in o.Output. The
// file appears complete or not at all.
func compile(ctx context.Context, o libbuild.Options, file string) error {
	if err := os.MkdirAll(o.Output, 0o777); err != nil {
		return err
	}
	sources, err := filepath.Glob(filepath.Join(o.Dir, "*.c"))
	if err != nil {
		return err
	}
	if goFiles, err := filepath.Glob(filepath.Join(o.Dir, "*.go")); err != nil {
		return err
	} else if len(goFiles) == 0 {
		return compileC(ctx, o, sources, file)
	}
	// What go build records of version control is not in the cache's key, so it must
	// not be in the library either.
	o.Env = append(o.Env, "GOFLAGS="+os.Getenv("GOFLAGS")+" -buildvcs=false")
	_, err = libbuild.Build(ctx, o)
	if errors.Is(err, libbuild.ErrNotLibrary) {
		return compilePlainGo(ctx, o, file)
	}
	return err
}

// compilePlainGo builds a c-shared library that is not ours.
func compilePlainGo(ctx context.Context, o libbuild.Options, file string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-o", file+".tmp", ".")
	cmd.Dir = o.Dir
	cmd.Env = append(append(cmd.Environ(), o.Env...), "CGO_ENABLED=1")
	if err := run(cmd); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}

// compileC builds C files, and seals the library if it has a descriptor.
func compileC(ctx context.Context, o libbuild.Options, sources []string, file string) error {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if _, err := exec.LookPath(cc); err != nil {
		return fmt.Errorf("%w: %w", libbuild.ErrNoCompiler, err)
	}
	include := filepath.Join(o.Dir, "..", "..", "..", "include")
	args := append([]string{"-shared", "-fPIC", "-O1", "-I" + include, "-o", file + ".tmp"}, sources...)
	if err := run(exec.CommandContext(ctx, cc, args...)); err != nil {
		return err
	}
	image, err := os.ReadFile(file + ".tmp")
	if err != nil {
		return err
	}
	sealed, err := libbuild.Seal(image, &manifest.Manifest{
		Name: o.Name, Version: o.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Functions: []manifest.Function{{Name: "Answer", Signature: "func() int32"}},
	})
	switch {
	case errors.Is(err, libbuild.ErrNotLibrary): // it stays as it is
	case err != nil:
		return err
	default:
		if err := os.WriteFile(file+".tmp", sealed, 0o755); err != nil {
			return err
		}
	}
	return os.Rename(file+".tmp", file)
}

// run runs a compiler; the error includes what it printed.
func run(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
