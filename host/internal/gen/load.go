package gen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/hotso/hotso/host/internal/libbuild"
)

const hotsoModule = "github.com/hotso/hotso"

// A goPackage is what go list says about a package.
type goPackage struct {
	Dir, ImportPath, Name string
	GoFiles, CgoFiles     []string // by the build's constraints, which leave out
	IgnoredGoFiles        []string
	Export                string // a file that describes it for those who import it
	Module                *struct{ Path, Dir string }
}

// goList asks the go command for packages, as a build of the library sees them.
// -find leaves out their imports, which may not exist yet.
func goList(ctx context.Context, dir string, tags []string, patterns ...string) ([]goPackage, error) {
	return goListWith(ctx, dir, tags, []string{"-find", "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,IgnoredGoFiles,Module"},
		"CGO_ENABLED=1", patterns...)
}

func goListWith(ctx context.Context, dir string, tags, flags []string, env string, patterns ...string) ([]goPackage, error) {
	args := append([]string{"list"}, flags...)
	if len(tags) > 0 { // otherwise those of GOFLAGS count
		args = append(args, "-tags="+strings.Join(tags, ","))
	}
	args = append(append(args, "--"), patterns...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: go list in %s: %w\n%s", ErrGo, dir, err, bytes.TrimSpace(said.Bytes()))
	}
	var packages []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("%w: go list: %w", ErrGo, err)
		}
		packages = append(packages, p)
	}
}

// isCName matches a name from which a library's prefix in C can be made.
var isCName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// load reads the library p and the packages it names. Along with an error it
// returns what it has read so far, or nil.
func load(ctx context.Context, p goPackage, tags []string) (*library, error) {
	if p.Name != "main" {
		return nil, fmt.Errorf("%w: %s is package %s: a library is package main, with an empty func main",
			ErrName, p.ImportPath, p.Name)
	}
	name := libbuild.DefaultName(p.Dir)
	if !isCName.MatchString(name) {
		return nil, fmt.Errorf("%w: the directory %s gives the library its name in C, and %q is not one: use letters, digits, - and _",
			ErrName, p.Dir, name)
	}
	if name == "cabi" {
		return nil, fmt.Errorf("%w: the directory %s gives the library its name, and cabi.h is taken: rename it", ErrName, p.Dir)
	}
	if systemHeaders[name] {
		return nil, fmt.Errorf("%w: the directory %s gives the library its name, and its header would hide the system's <%s.h> "+
			"from C programs: rename the directory (hotso build --name %s still gives the library this name)",
			ErrName, p.Dir, name, name)
	}
	l := &library{
		name: name, dir: p.Dir, headerDir: "include", clientDir: "client", fset: token.NewFileSet(),
	}
	var err error
	if l.from, err = os.Getwd(); err != nil {
		return nil, err
	}
	if p.Module != nil && p.Module.Path == hotsoModule {
		l.cabiDir = filepath.Join(p.Module.Dir, "include")
	}
	main, err := l.read(p, tags)
	if err != nil {
		return nil, err
	}
	others, err := l.readOthers(ctx, tags)
	if err != nil {
		return nil, err
	}
	if err := l.readContracts(ctx, tags); err != nil {
		return nil, err
	}
	if err := errors.Join(l.errs...); err != nil {
		return nil, err
	}
	return l, l.resolve(append([]*source{main}, others...))
}

// A source is one package that exports functions.
type source struct {
	goPackage
	files   []*ast.File
	exports []export
	info    *types.Info
	types   *types.Package
}

// read parses a package and reads its directives.
func (l *library) read(p goPackage, tags []string) (*source, error) {
	s := &source{goPackage: p}
	for _, name := range append(p.CgoFiles, p.GoFiles...) {
		if name == GoFile {
			continue
		}
		if err := l.parse(s, filepath.Join(p.Dir, name), nil); err != nil {
			return nil, err
		}
	}
	l.readLeftOut(p, tags)
	return s, nil
}

// parse adds a file to s; src replaces its content if it is not nil.
func (l *library) parse(s *source, path string, src any) error {
	file, err := parser.ParseFile(l.fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	s.files = append(s.files, file)
	exports := l.directives(file, s.Name == "main")
	for _, e := range exports {
		l.exports = append(l.exports, e.exportName())
	}
	s.exports = append(s.exports, exports...)
	return nil
}

// readOthers reads the packages of //hotso:package.
func (l *library) readOthers(ctx context.Context, tags []string) ([]*source, error) {
	if len(l.packages) == 0 {
		return nil, nil
	}
	var patterns []string
	for _, d := range l.packages {
		patterns = append(patterns, d.args[0])
	}
	packages, err := goList(ctx, l.dir, tags, patterns...)
	if err != nil {
		return nil, err
	}
	var others []*source
	for _, p := range packages {
		if p.Name == "main" {
			l.fail(l.packages[0].pos, ErrDirective, "%s is package main, which nothing can import", p.ImportPath)
			continue
		}
		s, err := l.read(p, tags)
		if err != nil {
			return nil, err
		}
		others = append(others, s)
	}
	return others, nil
}

// check type-checks the declarations of s. Packages other than the known ones are
// not read: their types stay unknown, and cannot cross.
func (s *source) check(fset *token.FileSet, known map[string]*types.Package) {
	conf := types.Config{
		Importer: knownPackages(known), FakeImportC: true, IgnoreFuncBodies: true,
		Error: func(error) {}, // the compiler says it better
	}
	s.info = &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Types: map[ast.Expr]types.TypeAndValue{}}
	s.types, _ = conf.Check(s.ImportPath, fset, s.files, s.info)
	known[s.ImportPath] = s.types
}

type knownPackages map[string]*types.Package

func (known knownPackages) Import(importPath string) (*types.Package, error) {
	if importPath == "unsafe" {
		return types.Unsafe, nil
	}
	if p := known[importPath]; p != nil {
		return p, nil
	}
	p := types.NewPackage(importPath, strings.TrimPrefix(path.Base(importPath), "go-"))
	p.MarkComplete()
	return p, nil
}
