package gen

import (
	"go/ast"
	"go/token"
	"path"
	"strings"
)

const prefix = "//hotso:"

// A directive is one line //hotso:verb arguments.
type directive struct {
	pos  token.Pos
	verb string
	args []string
}

// parseDirective reads a comment; ok says whether it is a directive.
func parseDirective(c *ast.Comment) (d directive, ok bool) {
	text, ok := strings.CutPrefix(c.Text, prefix)
	words := strings.Fields(text)
	if !ok || len(words) == 0 {
		return directive{pos: c.Pos()}, ok
	}
	return directive{c.Pos(), words[0], words[1:]}, true
}

// An export is what a //hotso:export says.
type export struct {
	decl    *ast.FuncDecl
	name    string // "" if it follows from the function's name
	cstring bool
}

// directives reads all directives of a file. It returns the exports in their order.
func (l *library) directives(file *ast.File, isMain bool) []export {
	above := map[*ast.Comment]*ast.FuncDecl{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Doc != nil {
			for _, c := range f.Doc.List {
				above[c] = f
			}
		}
	}
	var exports []export
	for _, group := range file.Comments {
		for _, c := range group.List {
			d, ok := parseDirective(c)
			switch f := above[c]; {
			case !ok, d.verb == "ignore" && f != nil, d.verb == "signature" && f != nil:
				// ignore and signature are for exports written by hand; see libbuild.Scan.
			case d.verb == "export":
				if f == nil {
					l.fail(d.pos, ErrDirective, "//hotso:export belongs in the comment of a function")
				} else if e, ok := l.export(d, f); ok {
					exports = append(exports, e)
				}
			case d.verb == "package", d.verb == "header", d.verb == "client", d.verb == "contract":
				l.setting(d, isMain)
			default:
				l.fail(d.pos, ErrDirective, "there is no //hotso:%s; there are export, package, contract, header and client", d.verb)
			}
		}
	}
	return exports
}

func (l *library) export(d directive, f *ast.FuncDecl) (e export, ok bool) {
	e.decl = f
	for _, arg := range d.args {
		switch {
		case arg == "cstring":
			e.cstring = true
		case e.name == "" && isExported(arg):
			e.name = arg
		default:
			l.fail(d.pos, ErrDirective, "%q is neither cstring nor a name for the export, which begins with a capital letter", arg)
			return e, false
		}
	}
	return e, true
}

// setting is a directive for the library as a whole.
func (l *library) setting(d directive, isMain bool) {
	switch {
	case !isMain:
		l.fail(d.pos, ErrDirective, "//hotso:%s belongs in package main of the library", d.verb)
	case len(d.args) != 1:
		l.fail(d.pos, ErrDirective, "//hotso:%s takes one argument, not %d", d.verb, len(d.args))
	case d.verb == "package":
		l.packages = append(l.packages, d)
	case d.verb == "contract":
		l.contracts = append(l.contracts, d)
	case path.IsAbs(d.args[0]):
		l.fail(d.pos, ErrDirective, "the directory %s is not relative to this one", d.args[0])
	case d.verb == "header":
		l.headerDir = path.Clean(d.args[0])
	default:
		l.clientDir = path.Clean(d.args[0])
	}
}

// isExported reports whether name can be that of a function or type in both C
// and Go: an ASCII identifier that begins with a capital letter.
func isExported(name string) bool {
	return ast.IsExported(name) && isASCII(name) && token.IsIdentifier(name)
}

func isASCII(s string) bool {
	for _, b := range []byte(s) {
		if b >= 0x80 {
			return false
		}
	}
	return true
}
