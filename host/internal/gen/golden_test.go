package gen_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/include"
)

const golden = "testdata/golden/corner-shop"

// TestUpToDate: the files in the repository are what hotso gen writes. After a change
// here, run it on each of these directories.
func TestUpToDate(t *testing.T) {
	for _, dir := range []string{"../../../libgreeter", "../../../testdata/libs/echo", golden,
		"../../../testdata/contracts/shapes", "../../../testdata/libs/shapes",
		"../../../examples/contract/greeting", "../../../examples/contract/libhello",
		"../../../examples/shop/shop", "../../../examples/shop/libshop"} {
		files, _, err := gen.Generate(t.Context(), dir)
		require.NoError(t, err)
		if dir == golden { // its copy of cabi.h is not checked in
			last := files[len(files)-1]
			assert.Equal(t, "c/include/cabi.h", last.Path)
			assert.True(t, bytes.Equal(include.CABI, last.Data))
			files = files[:len(files)-1]
		}
		stale, err := gen.Stale(dir, files)
		require.NoError(t, err)
		for _, f := range stale {
			got, err := os.ReadFile(filepath.Join(dir, f.Path))
			assert.NoError(t, err)
			assert.Equal(t, string(f.Data), string(got), "go run ./host/cmd/hotso gen %s", dir)
		}
	}
}

// TestClientsUpToDate: so are the clients in other languages.
func TestClientsUpToDate(t *testing.T) {
	for _, dir := range []string{"../../../libgreeter", "../../../testdata/libs/echo"} {
		files, err := gen.Clients(t.Context(), dir, nil, gen.Languages())
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(files), len(gen.Languages()))
		for _, f := range files {
			got, err := os.ReadFile(filepath.Join(dir, f.Path))
			assert.NoError(t, err)
			assert.Equal(t, string(f.Data), string(got), "go run ./host/cmd/hotso gen %s --lang %s", dir, strings.Join(gen.Languages(), ","))
		}
	}
	_, err := gen.Clients(t.Context(), "../../../libgreeter", nil, []string{"cobol"})
	assert.ErrorIs(t, err, gen.ErrLanguage)
	assert.ErrorContains(t, err, "python")
	_, err = gen.Clients(t.Context(), "../../../testdata/libs/shapes", nil, []string{"python"})
	assert.ErrorIs(t, err, gen.ErrNothing, "a library that only serves a contract")
}

// TestContract: what the source says is what was written, as long as that is up to date.
func TestContract(t *testing.T) {
	for _, dir := range []string{"../../../testdata/contracts/shapes", "../../../examples/contract/greeting", "../../../examples/shop/shop"} {
		is, err := gen.Contract(t.Context(), dir)
		require.NoError(t, err)
		was, err := libbuild.SchemaOf(filepath.Join(dir, gen.GoFile))
		require.NoError(t, err)
		now, err := is.Compact()
		require.NoError(t, err)
		written, err := was.Compact()
		require.NoError(t, err)
		assert.Equal(t, string(written), string(now), dir)
	}
}

func TestStaleAndWrite(t *testing.T) {
	dir := t.TempDir()
	files := []gen.File{{Path: "a/b.h", Data: []byte("new")}, {Path: "c.go", Data: []byte("same")}}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.go"), []byte("same"), 0o666))
	stale, err := gen.Stale(dir, files)
	require.NoError(t, err)
	assert.Equal(t, files[:1], stale)
	require.NoError(t, gen.Write(dir, stale))
	stale, err = gen.Stale(dir, files)
	require.NoError(t, err)
	assert.Empty(t, stale)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a/b.h"), []byte("old"), 0o666))
	stale, err = gen.Stale(dir, files)
	require.NoError(t, err)
	assert.Equal(t, files[:1], stale)
}

// TestAnotherModuleCompiles builds the golden library, which has difficult names,
// in a module of its own that requires this one.
func TestAnotherModuleCompiles(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip(err)
	}
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "corner-shop")
	require.NoError(t, os.CopyFS(dir, os.DirFS(golden)))
	files, _, err := gen.Generate(t.Context(), golden)
	require.NoError(t, err)
	require.NoError(t, gen.Write(dir, files))
	mod, err := os.ReadFile(root + "/go.mod")
	require.NoError(t, err)
	sum, err := os.ReadFile(root + "/go.sum")
	require.NoError(t, err)
	text := strings.Replace(string(mod), "module github.com/hotso/hotso", "module example.com/corner-shop", 1) +
		"\nrequire github.com/hotso/hotso v0.0.0\nreplace github.com/hotso/hotso => " + root + "\n"
	require.NoError(t, os.WriteFile(dir+"/go.mod", []byte(text), 0o666))
	require.NoError(t, os.WriteFile(dir+"/go.sum", sum, 0o666))

	run := func(name string, args ...string) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-mod=mod", "GOPROXY=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s %v:\n%s", name, args, out)
	}
	run("go", "vet", "./...")
	run("go", "build", "-buildmode=c-shared", "-trimpath", "-o", "shop.so", ".")
	for _, language := range [][]string{{"-std=c99", "-x", "c"}, {"-std=c++17", "-x", "c++"}} {
		run("cc", append(language, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", "c/include/corner-shop.h")...)
	}
}

// TestHeadersAreFormatted as .clang-format says.
func TestHeadersAreFormatted(t *testing.T) {
	format, err := exec.LookPath("clang-format")
	if err != nil {
		t.Skip(err)
	}
	for _, header := range []string{"../../../include/greeter.h", "../../../testdata/libs/echo/include/echo.h",
		golden + "/c/include/corner-shop.h"} {
		out, err := exec.Command(format, "--dry-run", "-Werror", header).CombinedOutput()
		assert.NoError(t, err, "%s", out)
	}
}
