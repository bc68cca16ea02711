package libbuild

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
)

// Scan returns the functions that the package in dir exports, sorted by name,
// as the environment's build constraints select its files.
//
// A function is exported by a line //export Name in its doc comment, in a file
// that imports "C". It must follow the conventions of include/cabi.h, from
// which its signature follows:
//
//	name *C.hotso_cchar, nameLen C.size_t                    name string
//	data *C.hotso_cbyte, dataLen C.size_t                    data []byte
//	data *C.hotso_cdouble, dataLen C.size_t, ...             data []float64
//	int32, C.int32_t, float64, C.double, bool, C.bool, ...   a scalar
//	no result                                                no result
//	scalar                                                   the scalar
//	*C.char                                                  cstring
//	C.hotso_status                                           error
//	..., result *int32) C.hotso_status                       (int32, error)
//	..., out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status
//	                                                         (string, error)
//	..., out *C.uint8_t, outCap C.size_t, outLen *C.size_t) C.hotso_status
//	                                                         ([]byte, error)
//	..., out *C.double, outCap C.size_t, outLen *C.size_t) C.hotso_status
//	                                                         ([]float64, error)
//
// A struct is a pointer to a type of C, which does not show its fields. So a line in
// the doc comment declares the signature, and the rest of it must agree with the code:
//
//	//hotso:signature func(p struct{X float64; Y float64}) (float64, error)
//
// The same declares a stream, which is a *C.uint64_t at the end:
//
//	//hotso:signature func(name string) (stream, error)
//
// Any other type is ErrUnsupportedType, once for each place, with file and
// line. A line //hotso:ignore in the doc comment leaves a function out: it is
// exported all the same, but hosts do not learn its signature.
//
// Only the package itself is read, not the packages that it imports.
func Scan(dir string) ([]manifest.Function, error) {
	pkg, err := goCommand{dir: dir}.list(context.Background(), ".", "")
	if err != nil {
		return nil, err
	}
	return scan(pkg)
}

func scan(pkg goPackage) ([]manifest.Function, error) {
	var functions []manifest.Function
	var errs []error
	for _, file := range pkg.CgoFiles {
		found, err := scanFile(filepath.Join(pkg.Dir, file), nil)
		functions, errs = append(functions, found...), append(errs, err)
	}
	slices.SortFunc(functions, func(a, b manifest.Function) int { return strings.Compare(a.Name, b.Name) })
	return functions, errors.Join(errs...)
}

// scanFile reads one file; src replaces its content if it is not nil.
func scanFile(path string, src any) ([]manifest.Function, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var functions []manifest.Function
	var errs []error
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || !exported(f) {
			continue
		}
		declared, err := declared(f)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w: %w", fset.Position(f.Pos()), f.Name.Name, ErrSignature, err))
			continue
		}
		s, err := signature(fset, f, declared)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		functions = append(functions, manifest.Function{Name: f.Name.Name, Signature: s.String()})
	}
	return functions, errors.Join(errs...)
}

// exported reports whether f belongs in the manifest. The rule for the export
// line is cgo's (cmd/cgo/ast.go, saveExport); that it repeats the function's
// own name is for cgo to check.
func exported(f *ast.FuncDecl) bool {
	if f.Doc == nil {
		return false
	}
	export := false
	for _, c := range f.Doc.List {
		if c.Text == "//hotso:ignore" {
			return false
		}
		export = export || strings.HasPrefix(c.Text, "//export ")
	}
	return export
}

// declared returns what a //hotso:signature line says, nil without one.
func declared(f *ast.FuncDecl) (*abi.Signature, error) {
	for _, c := range f.Doc.List {
		if text, ok := strings.CutPrefix(c.Text, "//hotso:signature "); ok {
			s, err := abi.ParseSignature(text)
			return &s, err
		}
	}
	return nil, nil
}
