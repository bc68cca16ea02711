// Package scaffold makes a module with a library in it, for hotso new: it builds, passes its
// tests, and can be swapped at once.
package scaffold

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"golang.org/x/mod/module"

	"github.com/hotso/hotso/host/cmd/hotso/internal/gocmd"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/version"
)

// A Module is what to make.
type Module struct {
	Dir     string // that does not exist yet, or is empty
	Name    string // of the library
	Module  string // path of the module
	Exports bool   // functions with //hotso:export, instead of a contract
	Host    bool   // with a program that calls the library

	Version string // of hotso: v1.2.3, or latest
	Replace string // a directory with hotso's source, which is used instead
}

var (
	// ErrName: the name can't be that of a library, or of a package.
	ErrName = errors.New("bad name")
	// ErrExists: the directory is not empty.
	ErrExists = errors.New("it is there already")
)

//go:embed template
var templates embed.FS

// IsContract is for templates.
func (m *Module) IsContract() bool { return !m.Exports }

// Package is the name of the contract's package.
func (m *Module) Package() string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == '_' {
			return -1
		}
		return unicode.ToLower(c)
	}, m.Name)
}

// Contract is the name of its interface.
func (m *Module) Contract() string { return strings.ToUpper(m.Package()[:1]) + m.Package()[1:] }

// files are the templates, by the files that they become.
func (m *Module) files() map[string]string {
	files := map[string]string{
		".gitignore": "both/gitignore", "README.md": "both/README.md", "Makefile": "both/Makefile", ".github/workflows/test.yml": "both/ci.yml",
	}
	kind := "contract/"
	if m.Exports {
		kind = "exports/"
	} else {
		files[m.Package()+"/"+m.Package()+".go"] = kind + "contract.go"
	}
	files["lib"+m.Name+"/main.go"] = kind + "library.go"
	files["lib"+m.Name+"/main_test.go"] = kind + "library_test.go"
	if m.Host {
		files["cmd/"+m.Name+"/main.go"] = kind + "host.go"
		files["cmd/"+m.Name+"/main_test.go"] = kind + "host_test.go"
	}
	return files
}

const (
	hotso   = "github.com/hotso/hotso"
	command = hotso + "/host/cmd/hotso"
)

// Make makes the module, and returns the files that people edit, sorted. It runs the go command, which
// fetches hotso unless Replace says where it is. If it fails nothing is left.
func (m *Module) Make(ctx context.Context) (files []string, err error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	existed, err := m.begin()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			m.undo(existed)
		}
	}()
	for name, from := range m.files() {
		if err := m.write(name, from); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	if err := m.goMod(ctx); err != nil {
		return nil, err
	}
	dirs := []string{"lib" + m.Name}
	if !m.Exports {
		dirs = []string{m.Package(), "lib" + m.Name}
	}
	for _, dir := range dirs {
		if err := m.generate(ctx, filepath.Join(m.Dir, dir)); err != nil {
			return nil, err
		}
	}
	if err := m.goCommand(ctx, "mod", "tidy"); err != nil {
		return nil, err
	}
	files = append(files, "go.mod")
	slices.Sort(files)
	return files, nil
}

func (m *Module) check() error {
	if err := version.CheckName(m.Name); err != nil {
		return fmt.Errorf("%w: %w", ErrName, err)
	}
	if p := m.Package(); !m.Exports && (token.IsKeyword(p) || reserved[p] || types.Universe.Lookup(p) != nil) {
		return fmt.Errorf("%w: %s can't be the name of the contract's package", ErrName, p)
	}
	if err := module.CheckImportPath(m.Module); err != nil {
		return fmt.Errorf("%w: %w", ErrName, err)
	}
	return nil
}

// begin makes the directory.
func (m *Module) begin() (existed bool, err error) {
	entries, err := os.ReadDir(m.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, os.MkdirAll(m.Dir, 0o777)
	case err != nil:
		return false, err
	case len(entries) > 0:
		return true, fmt.Errorf("%w: %s is not empty", ErrExists, m.Dir)
	}
	return true, nil
}

// undo removes what Make has made.
func (m *Module) undo(existed bool) {
	if !existed {
		_ = os.RemoveAll(m.Dir)
		return
	}
	entries, _ := os.ReadDir(m.Dir)
	for _, e := range entries { // it was empty
		_ = os.RemoveAll(filepath.Join(m.Dir, e.Name()))
	}
}

func (m *Module) write(name, from string) error {
	t, err := template.ParseFS(templates, "template/"+from+".tmpl")
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, m); err != nil {
		return err
	}
	path := filepath.Join(m.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o666)
}

// goMod makes go.mod and go.sum, with hotso as a tool: so what libraries and hosts import is there,
// too.
func (m *Module) goMod(ctx context.Context) error {
	steps := [][]string{{"mod", "init", m.Module}}
	if m.Replace != "" {
		abs, err := filepath.Abs(m.Replace)
		if err != nil {
			return err
		}
		steps = append(steps, []string{"mod", "edit", "-require=" + hotso + "@v0.0.0", "-replace=" + hotso + "=" + abs})
	} else {
		steps = append(steps, []string{"get", hotso + "@" + m.Version})
	}
	// Not get -tool, which asks for modules of all the longer names as well.
	steps = append(steps, []string{"mod", "edit", "-tool=" + command}, []string{"list", "-mod=mod", "-deps", command})
	for _, args := range steps {
		if err := m.goCommand(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

func (m *Module) goCommand(ctx context.Context, args ...string) error {
	err := gocmd.Run(ctx, m.Dir, nil, args...)
	if err != nil && args[0] == "get" {
		return fmt.Errorf("%w\n(--replace DIR uses hotso's source in a directory)", err)
	}
	return err
}

func (m *Module) generate(ctx context.Context, dir string) error {
	files, _, err := gen.Generate(ctx, dir)
	if err != nil {
		return err
	}
	return gen.Write(dir, files)
}

// reserved are names that the files have for other packages and for variables, or that mean something else to
// Go.
var reserved = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq("main internal vendor testdata cmd build lib host watch contract cabi hosttest strings fake context errors fmt binary atomic testing " +
		"log os signal syscall time ctx err g t v p dir slot stop state said served run line greeter") {
		names[name] = true
	}
	return names
}()
