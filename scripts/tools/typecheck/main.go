// Typecheck finds out whether packages, their tests, and what they import of this module compile for another
// platform, without compiling anything: go vet would first compile all imports, which takes minutes for each platform.
//
//	GOOS=darwin CGO_ENABLED=0 typecheck ./...
//	GOOS=windows CGO_ENABLED=0 typecheck -tests=false ./examples/contract/builtin
//
// It prints what does not compile, and exits with 1 if anything does not.
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	tests := flag.Bool("tests", true, "with the tests of the packages")
	flag.Parse()
	here, err := os.Getwd()
	if err != nil {
		fail(err)
	}
	here += string(os.PathSeparator)
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes,
		Tests: *tests,
		ParseFile: func(files *token.FileSet, name string, source []byte) (*ast.File, error) {
			file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
			if file != nil && !strings.HasPrefix(name, here) {
				dropBodies(file)
			}
			return file, err
		},
	}, flag.Args()...)
	if err != nil {
		fail(err)
	}
	checked, wrong := 0, 0
	said := map[string]bool{} // a package's files are in its test's, too
	packages.Visit(loaded, nil, func(p *packages.Package) {
		if len(p.GoFiles) == 0 || !strings.HasPrefix(p.GoFiles[0], here) {
			return // without its bodies, it has errors of no account
		}
		checked++
		for _, e := range p.Errors {
			if text := e.Error(); !said[text] {
				said[text] = true
				wrong++
				fmt.Println(strings.TrimPrefix(text, here))
			}
		}
	})
	if checked == 0 {
		fail(fmt.Errorf("there is no package in %s", strings.Join(flag.Args(), " ")))
	}
	if wrong > 0 {
		os.Exit(1)
	}
}

// dropBodies leaves of what is imported only what importers see: its functions are declarations.
func dropBodies(file *ast.File) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			f.Body = nil
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "typecheck:", err)
	os.Exit(2)
}
