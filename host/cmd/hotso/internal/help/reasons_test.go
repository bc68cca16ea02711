package help_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/docs"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/life"
)

// pageless are the errors without a page, and why.
var pageless = map[string]string{
	"host.ErrRefused":         "each way to be refused has a page of its own",
	"contract.ErrStandsStill": "no caller of a contract's methods gets it",
	"oci.ErrReference":        "its message says all, and so do those of registries",
	"oci.ErrNotFound":         "see oci.ErrReference",
	"oci.ErrDenied":           "see oci.ErrReference",
	"oci.ErrNoLibrary":        "see oci.ErrReference",
	"oci.ErrPlatform":         "see oci.ErrReference",
	"oci.ErrDamaged":          "see oci.ErrReference",
	"oci.ErrOlder":            "see oci.ErrReference",
	"cosign.ErrKey":           "see oci.ErrReference",
}

// declared are the exported errors of a package, as they are called from outside.
func declared(t *testing.T, dir string) (names []string) {
	root, err := libtest.Root()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, n := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(n.Name, "Err") {
						names = append(names, filepath.Base(dir)+"."+n.Name)
					}
				}
			}
		}
	}
	require.NotEmpty(t, names, dir)
	return names
}

// Metrics have the names of pages.
func TestReasonNames(t *testing.T) {
	names := 0
	for _, r := range help.Reasons {
		if name := life.ReasonName(r.Err); name != "other" {
			assert.Equal(t, r.Page, name, r.Name)
			names++
		}
	}
	assert.Greater(t, names, 30)
	assert.Equal(t, "start", life.ReasonName(fmt.Errorf("%w: %w", life.ErrCrashed, life.ErrStart)), "what happened comes before what it happened by")
	assert.Equal(t, "other", life.ReasonName(errors.New("of the host's own check")))
}

// Each reason that a caller can act on has a page, or says why it has none, and no page is of an error that
// there is not.
func TestEveryReasonHasAPage(t *testing.T) {
	known := map[string]bool{}
	for _, r := range help.Reasons {
		assert.False(t, known[r.Name], "%s is there twice", r.Name)
		known[r.Name] = true
	}
	there := map[string]bool{}
	for _, dir := range []string{"host", "contract", "host/watch", "host/oci", "host/oci/cosign", "host/internal/gen", "host/internal/libbuild"} {
		for _, name := range declared(t, dir) {
			there[name] = true
			if pageless[name] != "" {
				assert.False(t, known[name], "%s has a page after all", name)
			} else {
				assert.True(t, known[name], "%s has no page: add it to Reasons", name)
			}
		}
	}
	for name := range known {
		assert.True(t, there[name], "there is no %s any more", name)
	}
	for name := range pageless {
		assert.True(t, there[name], "there is no %s any more", name)
	}
}

// A name in the table goes with the error of that name.
func TestReasonsAreNamedAsTheyAre(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	require.NoError(t, err)
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		lit, ok := node.(*ast.CompositeLit)
		if !ok || len(lit.Elts) != 3 {
			return true
		}
		sel, ok := lit.Elts[1].(*ast.SelectorExpr)
		if ok {
			n++
			assert.Equal(t, lit.Elts[0].(*ast.BasicLit).Value, fmt.Sprintf(`"%s.%s"`, sel.X, sel.Sel))
		}
		return true
	})
	assert.Equal(t, len(help.Reasons), n)
}

// A page begins with its name and the text of its error, and names all errors that lead to it.
func TestPagesSayWhatTheyAreAbout(t *testing.T) {
	files, err := fs.Glob(docs.Files, "errors/*.md")
	require.NoError(t, err)
	wanted := map[string][]help.Reason{}
	for _, r := range help.Reasons {
		wanted["errors/"+r.Page+".md"] = append(wanted["errors/"+r.Page+".md"], r)
	}
	assert.Len(t, files, len(wanted), "each page has a reason")
	for file, reasons := range wanted {
		name := strings.TrimSuffix(file, ".md")
		text, ok := help.Text(name)
		require.True(t, ok, name)
		assert.True(t, strings.HasPrefix(text, "# "+reasons[0].Page+": "+reasons[0].Err.Error()+"\n"), "%s: %.80s", file, text)
		for _, r := range reasons {
			assert.Contains(t, text, "`"+r.Name+"`", file)
			_, short, _ := strings.Cut(r.Name, ".")
			for _, alias := range []string{r.Name, "errors/" + r.Name} {
				same, ok := help.Text(alias)
				assert.True(t, ok && same == text, alias)
			}
			_, ok := help.Text(short)
			assert.True(t, ok, short)
		}
		for _, part := range []string{"**What it means.**", "**Usual causes.**", "**What to do.**", "**Meanwhile.**"} {
			assert.Equal(t, 1, strings.Count(text, "\n"+part+" "), "%s: %s", file, part)
		}
		_, prose, _ := strings.Cut(text, "\n\n`"+reasons[0].Name)
		for line := range strings.Lines(prose) {
			assert.LessOrEqual(t, len(line), 100, "%s: a line too long for a terminal: %s", file, line)
		}
	}
}

func TestPage(t *testing.T) {
	assert.Empty(t, help.Page(nil))
	assert.Empty(t, help.Page(errors.New("some other")))
	assert.Equal(t, "errors/seal", help.Page(fmt.Errorf("x: %w", &host.Error{Step: host.StepVerify, Reason: host.ErrSeal})))
	assert.Equal(t, "errors/start", help.Page(&host.Error{Step: host.StepStart, Reason: host.ErrStart, Cause: &host.Crash{}}),
		"what happened, and not what it happened by")
	assert.Equal(t, "errors/crashed", help.Page(&host.Crash{}))
	assert.Equal(t, "errors/panic", help.Page(errors.Join(&host.CallError{Panicked: true}, host.ErrBusy)))
	assert.Equal(t, "errors/canary", help.Page(fmt.Errorf("x: %w", fromServer{})))
}

type fromServer struct{}

func (fromServer) Error() string { return "409 Conflict" }
func (fromServer) Page() string  { return "errors/canary" }

// Every guide is in the table of docs/README.md, with a line that fits into a terminal.
func TestGuides(t *testing.T) {
	files, err := fs.Glob(docs.Files, "*.md")
	require.NoError(t, err)
	var names, listed []string
	for _, f := range files {
		if f != "README.md" {
			names = append(names, strings.TrimSuffix(f, ".md"))
		}
	}
	for _, g := range help.Guides() {
		listed = append(listed, g.Name)
		assert.NotEmpty(t, g.About)
		assert.LessOrEqual(t, len(g.Name)+len(g.About), 100, g.Name)
		text, ok := help.Text(g.Name)
		assert.True(t, ok && strings.HasPrefix(text, "# "), g.Name)
	}
	assert.ElementsMatch(t, names, listed)
	for _, none := range []string{"", "README", "errors", "errors/", "errors/none", "../README", "errors/../limits"} {
		_, ok := help.Text(none)
		assert.False(t, ok, none)
	}
	for _, topic := range help.Errors() {
		assert.NotEmpty(t, topic.About, topic.Name)
	}
}

func TestSimilar(t *testing.T) {
	known := []string{"limits", "contracts", "errors/seal", "errors/state"}
	assert.Equal(t, []string{"limits"}, help.Similar("limit", known))
	assert.Equal(t, []string{"errors/seal"}, help.Similar("errors/sael", known))
	assert.Empty(t, help.Similar("quite another", known))
}

// What links in the guides and pages lead to is there.
func TestLinksLeadSomewhere(t *testing.T) {
	root, err := libtest.Root()
	require.NoError(t, err)
	files, err := fs.Glob(docs.Files, "errors/*.md")
	require.NoError(t, err)
	for _, f := range append(files, "README.md") {
		text, err := docs.Files.ReadFile(f)
		require.NoError(t, err)
		for _, part := range strings.Split(string(text), "](")[1:] {
			link, _, _ := strings.Cut(part, ")")
			link, _, _ = strings.Cut(link, "#")
			_, err := os.Stat(filepath.Join(root, "docs", filepath.Dir(f), link))
			assert.NoError(t, err, f)
		}
	}
}
