package libbuild

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/schema"
)

// A contract whose source has changed since hotso gen was run is refused: the new field would
// stay behind without a word.
func TestContractThatWasNotGeneratedAgain(t *testing.T) {
	const written = `{"wire":1,"package":"github.com/hotso/hotso/c","contract":"C","methods":[{"name":"Do","params":[{"name":"p","type":"P"}]}],` +
		`"types":{"P":{"kind":"struct","fields":[{"name":"A","type":"int"}]}}}`
	dir := module(t, map[string]string{
		"cabi/cabi.go":   "package cabi\n",
		"main.go":        "//hotso:contract ./c\npackage main\n\nimport \"C\"\nimport _ \"github.com/hotso/hotso/cabi\"\n\n//export C_Do\nfunc C_Do() {}\n\nfunc main() {}\n",
		"c/hotso_gen.go": "package c\n\nconst contractSchema = `" + written + "`\n",
	})
	source := written
	o := Options{Dir: dir, Name: "x", Version: "1", Output: filepath.Join(t.TempDir(), "out"), Env: []string{"CC=no-such-cc"}, Tags: "a,b",
		Contract: func(_ context.Context, at string, tags ...string) (*schema.Schema, error) {
			assert.Equal(t, filepath.Join(dir, "c"), at)
			assert.Equal(t, []string{"a", "b"}, tags)
			return schema.Parse([]byte(source))
		}}
	_, err := Build(t.Context(), o)
	require.ErrorIs(t, err, ErrNoCompiler, "it is up to date")
	source = strings.Replace(written, `{"name":"A"`, `{"name":"New","type":"string"},{"name":"A"`, 1)
	_, err = Build(t.Context(), o)
	require.ErrorIs(t, err, ErrStale)
	require.ErrorContains(t, err, "P.New: the field was added: run hotso gen "+filepath.Join(dir, "c"))
	source = strings.Replace(written, `"name":"p"`, `"name":"q"`, 1)
	_, err = Build(t.Context(), o)
	require.ErrorIs(t, err, ErrStale)
	require.ErrorContains(t, err, "its source says something else")
	source = ""
	_, err = Build(t.Context(), o)
	require.ErrorContains(t, err, "schema of a contract")
	o.Contract = nil
	_, err = Build(t.Context(), o)
	require.ErrorIs(t, err, ErrNoCompiler, "nobody asks")
}
