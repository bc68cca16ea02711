package libbuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hotso/hotso/cabi/abi/manifest"
)

// checkGenerated wants each function with a directive //hotso:export, in the package or in
// those that its //hotso:package lines name, to be among those that the package exports:
// hotso gen has written that, and since the directive was. Without it, the library would
// lack the function, and nobody would say so.
func (g goCommand) checkGenerated(ctx context.Context, pkg goPackage, tags string, functions []manifest.Function) error {
	exports, others, err := directives(pkg)
	if err != nil {
		return err
	}
	for _, other := range others {
		p, err := goCommand{pkg.Dir, g.env}.find(ctx, other, tags)
		if err != nil {
			return err
		}
		more, _, err := directives(p)
		if err != nil {
			return err
		}
		exports = append(exports, more...)
	}
	var errs []error
	for _, e := range exports {
		if !slices.ContainsFunc(functions, func(f manifest.Function) bool { return f.Name == e.name }) {
			errs = append(errs, fmt.Errorf("%s: %w: %s: run hotso gen %s", e.at, ErrNotGenerated, e.name, pkg.Dir))
		}
	}
	return errors.Join(errs...)
}

// A generated is a function that hotso gen exports, by the name that callers know.
type generated struct {
	name string
	at   token.Position
}

// directives returns the exports that the files of a package ask for, and what their
// //hotso:package lines name. What is wrong with a directive is for hotso gen to say.
func directives(pkg goPackage) (exports []generated, packages []string, err error) {
	fset := token.NewFileSet()
	for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles) {
		file, err := parser.ParseFile(fset, filepath.Join(pkg.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, err
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if path, ok := strings.CutPrefix(c.Text, "//hotso:package "); ok {
					packages = append(packages, strings.TrimSpace(path))
				}
			}
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Doc != nil {
				for _, c := range f.Doc.List {
					if args, ok := exportDirective(c.Text); ok {
						exports = append(exports, generated{exportName(f.Name.Name, args), fset.Position(f.Pos())})
					}
				}
			}
		}
	}
	return exports, packages, nil
}

// directiveArguments is what follows a directive in the files of a package, once for each line.
func directiveArguments(pkg goPackage, directive string) (args []string, err error) {
	for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if arg, ok := strings.CutPrefix(c.Text, directive); ok {
					args = append(args, strings.TrimSpace(arg))
				}
			}
		}
	}
	return args, nil
}

func exportDirective(line string) (args []string, ok bool) {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != "//hotso:export" {
		return nil, false
	}
	return words[1:], true
}

// exportName is what hotso gen calls the export: as the directive says, or else as the
// function is called, with a capital letter.
func exportName(function string, args []string) string {
	for _, a := range args {
		if a != "cstring" {
			return a
		}
	}
	first, n := utf8.DecodeRuneInString(function)
	return string(unicode.ToUpper(first)) + function[n:]
}

// find returns the package of a pattern, whose imports need not be there.
func (g goCommand) find(ctx context.Context, pattern, tags string) (goPackage, error) {
	args := []string{"list", "-find", "-json=Dir,ImportPath,Name,GoFiles,CgoFiles"}
	if tags != "" {
		args = append(args, "-tags="+tags)
	}
	var p goPackage
	out, err := g.run(ctx, io.Discard, append(args, "--", pattern)...)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(out)).Decode(&p)
	}
	if err != nil {
		return p, fmt.Errorf("//hotso:package %s: %w", pattern, err)
	}
	return p, nil
}
