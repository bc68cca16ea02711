package libbuild

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
)

// A Result is a library that was built.
type Result struct {
	Path     string             // of the sealed file, in Options.Output
	Package  string             // import path
	Manifest *manifest.Manifest // as sealed
	Notes    []string           // what is not as it should be, and why
}

// Build builds one library. The file appears under its final name in one
// atomic rename, complete and synced to disk, and replaces a file of the same
// name. Whatever happens, nothing else stays in the output directory; while it
// works, it has a directory there whose name begins with a dot.
//
// It may run at the same time as other builds, of the same library too.
func Build(ctx context.Context, o Options) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	g, pattern := o.goCommand()
	pkg, err := g.list(ctx, pattern, o.Tags)
	if err != nil {
		return Result{}, err
	}
	if o.Name == "" {
		o.Name = DefaultName(pkg.Dir)
		if err := checkName(o.Name); err != nil {
			return Result{}, fmt.Errorf("%w; or give a name", err)
		}
	}
	functions, err := scan(pkg)
	if err != nil {
		return Result{}, err
	}
	if err := g.checkGenerated(ctx, pkg, o.Tags, functions); err != nil {
		return Result{}, err
	}
	contracts, err := g.contracts(ctx, pkg, o, functions)
	if err != nil {
		return Result{}, err
	}
	tools, err := g.toolchain(ctx)
	if err != nil {
		return Result{}, err
	}

	if err := os.MkdirAll(o.Output, 0o777); err != nil {
		return Result{}, err
	}
	temp, remove, err := workDir(o.Output)
	if err != nil {
		return Result{}, err
	}
	defer remove()
	image, err := o.compile(ctx, g, pattern, temp)
	if err != nil {
		return Result{}, err
	}
	var notes []string
	if !o.Shared {
		if image, notes, err = o.linkArchives(ctx, g, pattern, temp, image); err != nil {
			return Result{}, err
		}
	}
	m := &manifest.Manifest{
		Name: o.Name, Version: o.Version, Functions: functions, Contracts: contracts,
		Go: tools.GOVERSION, OS: tools.GOOS, Arch: tools.GOARCH,
	}
	path := filepath.Join(o.Output, fileName(o.Name, o.Version))
	if err := recordLibraries(path, image, m); err != nil {
		return Result{}, fmt.Errorf("seal %s: %w", pkg.ImportPath, err)
	}
	sealed, err := Seal(image, m)
	if err != nil {
		return Result{}, fmt.Errorf("seal %s: %w", pkg.ImportPath, err)
	}
	if o.Key != nil {
		if sealed, err = Sign(sealed, *o.Key); err != nil {
			return Result{}, fmt.Errorf("sign %s: %w", pkg.ImportPath, err)
		}
	}
	if m.ABI != abi.Version {
		return Result{}, fmt.Errorf("%w: %s links cabi of ABI %d, this hotso has ABI %d: use the hotso that its go.mod names",
			ErrABI, pkg.ImportPath, m.ABI, abi.Version)
	}
	if err := publish(ctx, sealed, filepath.Join(temp, "sealed"), path); err != nil {
		return Result{}, err
	}
	return Result{Path: path, Package: pkg.ImportPath, Manifest: m, Notes: notes}, nil
}

// goCommand returns the go command and the pattern that stand for o.Dir. If that is a
// directory the command runs in it, so that the module around it is the main module.
func (o *Options) goCommand() (goCommand, string) {
	if isDir(o.Dir) {
		return goCommand{o.Dir, o.Env}, "."
	}
	return goCommand{"", o.Env}, o.Dir
}

// compile runs go build and returns the image. The header that go build
// writes beside it is not the library's API; it goes with the directory.
func (o *Options) compile(ctx context.Context, g goCommand, pattern, temp string) ([]byte, error) {
	file, err := filepath.Abs(filepath.Join(temp, "image.so"))
	if err != nil {
		return nil, err
	}
	args := []string{"build", "-buildmode=c-shared", "-trimpath", "-o", file}
	ldflags := o.LDFlags
	if o.Strip {
		ldflags += " -s -w"
	}
	if ldflags != "" {
		args = append(args, "-ldflags="+ldflags)
	}
	if o.Tags != "" {
		args = append(args, "-tags="+o.Tags)
	}
	if o.Race {
		args = append(args, "-race")
	}
	if o.Verbose {
		args = append(args, "-v")
		fmt.Fprintf(o.Stderr, "go %q\n", append(args, pattern))
	}
	if _, err := g.run(ctx, o.Stderr, append(args, "--", pattern)...); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// publish writes data to temp and renames it to path, so that anybody who looks at
// path sees all of it or nothing, even after a crash of the machine.
func publish(ctx context.Context, data []byte, temp, path string) error {
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o755); err != nil { // whatever the umask
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
