package gen

import (
	"context"
	"errors"
	"fmt"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
)

// isContract reports whether a package has a contract.
func isContract(p goPackage) bool {
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil || name == GoFile {
			continue
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if d, ok := parseDirective(c); ok && d.verb == "contract" && len(d.args) == 0 {
					return true
				}
			}
		}
	}
	return false
}

// loadContract reads the contract of a package.
func loadContract(ctx context.Context, p goPackage, tags []string) (*contractPackage, error) {
	c := &contractPackage{
		goPackage: p, library: &library{dir: p.Dir, fset: token.NewFileSet()},
		imports: map[string]string{}, known: map[string]*wireType{}, lent: map[string]*hostParam{}, taken: map[string]bool{}, errPtr: map[*wireType]bool{},
		errFn: map[*wireType]string{},
	}
	var err error
	if c.from, err = os.Getwd(); err != nil {
		return nil, err
	}
	for _, name := range p.GoFiles {
		if name == GoFile {
			continue
		}
		file, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		c.files = append(c.files, file)
	}
	exports, err := exportData(ctx, p.Dir, tags)
	if err != nil {
		return nil, err
	}
	c.check(exports)
	c.resolve()
	return c, errors.Join(c.errs...)
}

// exportData maps packages to the files in which the compiler describes them.
func exportData(ctx context.Context, dir string, tags []string) (map[string]string, error) {
	packages, err := goListWith(ctx, dir, tags, []string{"-e", "-deps", "-export", "-json=ImportPath,Export"}, "CGO_ENABLED=0", ".")
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, p := range packages {
		files[p.ImportPath] = p.Export
	}
	return files, nil
}

// check type-checks the package, with all that it imports.
func (c *contractPackage) check(exports map[string]string) {
	open := func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s does not compile", path)
		}
		return os.Open(exports[path])
	}
	conf := types.Config{
		Importer: importer.ForCompiler(c.fset, "gc", open), IgnoreFuncBodies: true,
		Error: func(error) {}, // the compiler says it better; what is unknown can't cross
	}
	c.types, _ = conf.Check(c.ImportPath, c.fset, c.files, nil)
}
