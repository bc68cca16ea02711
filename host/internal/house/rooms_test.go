package house

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rooms are those that package host is made of, each with those that it may import. What
// is not among them and below host/internal is a leaf, which imports no room.
var rooms = map[string][]string{
	"host": {"host/internal/rollout", "host/internal/lifecycle", "host/internal/instance",
		"host/internal/image", "host/internal/invoke", "host/internal/builtin", "host/internal/bridge", "host/life"},
	"host/foreign":            {"host", "host/internal/bridge", "host/internal/instance", "host/internal/invoke"},
	"host/hosttest":           {"host", "host/internal/bridge", "host/internal/instance", "host/internal/invoke"},
	"host/hotsootel":          {"host", "host/life"},
	"host/hotsoprom":          {"host", "host/life"},
	"host/internal/builtin":   {"host/internal/instance", "host/internal/invoke", "host/life"},
	"host/internal/bridge":    {"host/internal/instance", "host/internal/invoke"},
	"host/internal/rollout":   {"host/internal/lifecycle", "host/internal/instance", "host/internal/image", "host/internal/invoke", "host/life"},
	"host/internal/lifecycle": {"host/internal/instance", "host/internal/image", "host/internal/invoke", "host/life"},
	"host/internal/instance":  {"host/internal/image", "host/internal/invoke", "host/life"},
	"host/internal/image":     {"host/life"},
	"host/internal/invoke":    {"host/life"},
	"host/life":               {},
}

// The arrows between the rooms of package host go one way.
func TestRooms(t *testing.T) {
	listed := list(t, "./host/...")
	seen := 0
	for _, p := range listed {
		allowed, isRoom := rooms[p.ImportPath]
		if isRoom {
			seen++
		}
		user := strings.HasPrefix(p.ImportPath, "host/cmd/") || p.ImportPath == "host/watch" || strings.HasPrefix(p.ImportPath, "host/hosttest/")
		for _, imp := range ours(p.Imports) {
			_, toRoom := rooms[imp]
			switch {
			case !toRoom || user:
			case isRoom:
				assert.True(t, slices.Contains(allowed, imp), "%s imports %s: the arrows go down only", p.ImportPath, imp)
			default:
				assert.True(t, imp == "host/life", "%s imports the room %s", p.ImportPath, imp)
			}
		}
	}
	assert.Equal(t, len(rooms), seen, "each room is there")
}

// What the rooms stand on are leaves: each does one thing, and may be read alone.
func TestLifeImportsOnlyManifest(t *testing.T) {
	for _, p := range list(t, "./host/life") {
		assert.Subset(t, []string{"cabi/abi/manifest"}, ours(p.Imports))
	}
}

// Every name that a program can use says what it is.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, dir := range []string{"host", "host/life", "host/watch", "host/oci", "host/oci/ociprom", "host/foreign", "host/hotsootel", "host/hotsoprom", "cabi", "cabi/cabilog", "cabi/cabihttp", "cabi/cabiprofile", "cabi/cabivars", "cabi/abi", "cabi/abi/manifest", "contract", "host/oci", "host/oci/cosign"} {
		fset := token.NewFileSet()
		paths, err := filepath.Glob(filepath.Join("..", "..", "..", dir, "*.go"))
		require.NoError(t, err)
		var files []*ast.File
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			require.NoError(t, err)
			files = append(files, f)
		}
		p, err := doc.NewFromFiles(fset, files, module+dir, doc.PreserveAST)
		require.NoError(t, err)
		assert.NotEmpty(t, p.Doc, "package %s", dir)
		undocumented := func(what, text string, decl ast.Node) {
			assert.NotEmpty(t, text, "%s: %s is not documented (%s)", dir, what, fset.Position(decl.Pos()))
		}
		for _, f := range p.Funcs {
			undocumented(f.Name, f.Doc, f.Decl)
		}
		for _, typ := range p.Types {
			undocumented(typ.Name, typ.Doc+specDoc(typ.Decl, typ.Name), typ.Decl)
			for _, f := range append(slices.Clone(typ.Funcs), typ.Methods...) {
				if f.Name != "String" && f.Name != "Error" { // say what they do
					undocumented(typ.Name+"."+f.Name, f.Doc, f.Decl)
				}
			}
			for _, v := range append(slices.Clone(typ.Consts), typ.Vars...) {
				values(v, undocumented)
			}
		}
		for _, v := range append(p.Consts, p.Vars...) {
			values(v, undocumented)
		}
	}
}

// specDoc is the comment of one type of a group.
func specDoc(d *ast.GenDecl, name string) string {
	for _, spec := range d.Specs {
		if s, ok := spec.(*ast.TypeSpec); ok && s.Name.Name == name {
			return s.Doc.Text() + s.Comment.Text()
		}
	}
	return ""
}

// values wants a comment for each constant or variable, or for the group of them.
func values(v *doc.Value, undocumented func(string, string, ast.Node)) {
	for _, spec := range v.Decl.Specs {
		s := spec.(*ast.ValueSpec)
		for _, name := range s.Names {
			if name.IsExported() {
				undocumented(name.Name, v.Doc+s.Doc.Text()+s.Comment.Text(), s)
			}
		}
	}
}
