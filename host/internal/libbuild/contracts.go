package libbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/schema"
)

// GeneratedFile is what hotso gen writes, and schemaConstant is where the schema is in it.
const (
	// GeneratedFile is the name of every Go file that hotso gen writes.
	GeneratedFile  = "hotso_gen.go"
	schemaConstant = "contractSchema"
)

// contracts returns the contracts that the package's //hotso:contract lines name, as the seal
// has them. Each method must be among the functions that the package exports, or else hotso gen
// was not run since it was added.
func (g goCommand) contracts(ctx context.Context, pkg goPackage, o Options, functions []manifest.Function) ([]manifest.Contract, error) {
	patterns, err := directiveArguments(pkg, "//hotso:contract ")
	if err != nil {
		return nil, err
	}
	var contracts []manifest.Contract
	var errs []error
	for _, pattern := range patterns {
		p, err := goCommand{pkg.Dir, g.env}.find(ctx, pattern, o.Tags)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(p.Dir, GeneratedFile)
		s, err := SchemaOf(path)
		if err != nil {
			return nil, fmt.Errorf("//hotso:contract %s: %w: run hotso gen %s", pattern, err, p.Dir)
		}
		if err := checkFresh(ctx, p.Dir, s, o); err != nil {
			return nil, fmt.Errorf("//hotso:contract %s: %w", pattern, err)
		}
		for _, name := range s.Functions() {
			if !slices.ContainsFunc(functions, func(f manifest.Function) bool { return f.Name == name }) {
				errs = append(errs, fmt.Errorf("//hotso:contract %s: %w: %s: run hotso gen %s", pattern, ErrNotGenerated, name, pkg.Dir))
			}
		}
		text, err := s.Compact()
		if err != nil {
			return nil, err
		}
		contracts = append(contracts, manifest.Contract{Name: s.Contract, Schema: text})
	}
	slices.SortFunc(contracts, func(a, b manifest.Contract) int { return strings.Compare(a.Name, b.Name) })
	return contracts, errors.Join(errs...)
}

// checkFresh reports whether the schema that hotso gen wrote is that of the source.
func checkFresh(ctx context.Context, dir string, written *schema.Schema, o Options) error {
	if o.Contract == nil {
		return nil
	}
	var tags []string
	if o.Tags != "" {
		tags = strings.FieldsFunc(o.Tags, func(r rune) bool { return r == ',' || r == ' ' })
	}
	is, err := o.Contract(ctx, dir, tags...)
	if err != nil {
		return err
	}
	was, err := written.Compact()
	if err != nil {
		return err
	}
	now, err := is.Compact()
	if err != nil || bytes.Equal(was, now) {
		return err
	}
	changed := "its source says something else"
	if changes := schema.Compare(written, is); len(changes) > 0 {
		changed = changes[0].String()
	}
	return fmt.Errorf("%s: %w: %s: run hotso gen %s", filepath.Join(dir, GeneratedFile), ErrStale, changed, dir)
}

// SchemaOf reads the schema of a contract from the file that hotso gen wrote for it.
func SchemaOf(path string) (*schema.Schema, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return schemaIn(file)
}

// SchemaIn is SchemaOf for the text of such a file.
func SchemaIn(name string, text []byte) (*schema.Schema, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return schemaIn(file)
}

func schemaIn(file *ast.File) (*schema.Schema, error) {
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, spec := range d.Specs {
			v := spec.(*ast.ValueSpec)
			if v.Names[0].Name != schemaConstant || len(v.Values) != 1 {
				continue
			}
			literal, ok := v.Values[0].(*ast.BasicLit)
			if !ok {
				continue
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				return nil, err
			}
			return schema.Parse([]byte(text))
		}
	}
	return nil, fmt.Errorf("%w: no contract", ErrNotGenerated)
}
