package libbuild

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
)

// A Result is a library that was built.
type Result struct {
	Path     string             // of the sealed file, in Options.Output
	Package  string             // import path
	Manifest *manifest.Manifest // as sealed
	Notes    []string           // what is not as it should be, and why
	Times    Times              // zero unless Options.Timed
	Facts    *Facts             // for Options
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
	var c *compilation
	var err error
	if o.Quick { // what is wrong with the package is found out meanwhile, and says more than the compiler does
		if c, err = o.beginCompile(ctx, g, pattern); err != nil {
			return Result{}, err
		}
		defer c.end()
	}
	facts, err := o.look(ctx, g, pattern)
	if err != nil {
		return Result{}, err
	}
	if c == nil {
		if c, err = o.beginCompile(ctx, g, pattern); err != nil {
			return Result{}, err
		}
		defer c.end()
	}
	image, err := c.wait()
	if err != nil {
		return Result{}, err
	}
	begin := time.Now()
	var notes []string
	if !o.Shared {
		if image, notes, err = o.linkArchives(ctx, g, pattern, c.temp, image); err != nil {
			return Result{}, err
		}
	}
	m := &manifest.Manifest{
		Name: o.Name, Version: o.Version, Functions: slices.Clone(facts.functions), Contracts: slices.Clone(facts.contracts),
		Go: facts.tools.GOVERSION, OS: facts.tools.GOOS, Arch: facts.tools.GOARCH,
	}
	path := filepath.Join(o.Output, fileName(o.Name, o.Version))
	if err := recordLibraries(path, image, m); err != nil {
		return Result{}, fmt.Errorf("seal %s: %w", facts.pkg.ImportPath, err)
	}
	sealed, err := Seal(image, m)
	if err != nil {
		return Result{}, fmt.Errorf("seal %s: %w", facts.pkg.ImportPath, err)
	}
	if o.Key != nil {
		if sealed, err = Sign(sealed, *o.Key); err != nil {
			return Result{}, fmt.Errorf("sign %s: %w", facts.pkg.ImportPath, err)
		}
	}
	if m.ABI != abi.Version {
		return Result{}, fmt.Errorf("%w: %s links cabi of ABI %d, this hotso has ABI %d: use the hotso that its go.mod names",
			ErrABI, facts.pkg.ImportPath, m.ABI, abi.Version)
	}
	if err := publish(ctx, sealed, filepath.Join(c.temp, "sealed"), path, !o.Quick); err != nil {
		return Result{}, err
	}
	c.times.Seal = time.Since(begin)
	return Result{Path: path, Package: facts.pkg.ImportPath, Manifest: m, Notes: notes, Times: c.times, Facts: facts}, nil
}

// Facts are what a library exports, and with what it is built.
type Facts struct {
	pkg       goPackage
	functions []manifest.Function
	contracts []manifest.Contract
	tools     toolchain
}

// look finds them out, unless they are known, and sets o.Name.
func (o *Options) look(ctx context.Context, g goCommand, pattern string) (f *Facts, err error) {
	if f = o.Facts; f == nil {
		f = new(Facts)
		if f.pkg, err = g.list(ctx, pattern, o.Tags); err != nil {
			return nil, err
		}
	}
	if o.Name == "" {
		o.Name = DefaultName(f.pkg.Dir)
		if err := checkName(o.Name); err != nil {
			return nil, fmt.Errorf("%w; or give a name", err)
		}
	}
	if o.Facts != nil {
		return f, nil
	}
	if f.functions, err = scan(f.pkg); err != nil {
		return nil, err
	}
	if err := g.checkGenerated(ctx, f.pkg, o.Tags, f.functions); err != nil {
		return nil, err
	}
	if f.contracts, err = g.contracts(ctx, f.pkg, *o, f.functions); err != nil {
		return nil, err
	}
	f.tools, err = g.toolchain(ctx)
	return f, err
}

// goCommand returns the go command and the pattern that stand for o.Dir. If that is a
// directory the command runs in it, so that the module around it is the main module.
func (o *Options) goCommand() (goCommand, string) {
	if isDir(o.Dir) {
		return goCommand{o.Dir, o.Env}, "."
	}
	return goCommand{"", o.Env}, o.Dir
}

// publish writes data to temp and renames it to path, so that anybody who looks at
// path sees all of it or nothing, and with sync even after a crash of the machine.
func publish(ctx context.Context, data []byte, temp, path string, sync bool) error {
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
	if sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil || !sync {
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
