//go:build linux && !race

package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	ft "github.com/hotso/hotso/scripts/internal/fieldtest"
)

// few are tags that need few modules; all that they leave open is in one library.
const few = "bbolt,mmap,mmapgo,descriptors,splice,profile,fsnotify"

// Nothing of it is left in the process, after unloads and after crashes, and the next version gets
// the locks: there are fewer places for them than rounds.
func TestNothingIsLeft(t *testing.T) {
	suite := ft.Suite{Module: "../../testdata/corpus"}
	fetch(t, suite.Module, few)
	file, err := suite.Build(t.Context(), t.TempDir(), ft.Library{Name: "few", Tags: few})
	require.NoError(t, err)
	t.Setenv("TMPDIR", t.TempDir()) // where it has its files
	for range 3 {
		p, err := ft.Look(t.Context(), file)
		require.NoError(t, err)
		assert.Equal(t, host.Unloaded, p.State, p.Reason)
		assert.Empty(t, p.Left)
		assert.Empty(t, p.More, "after an unload")
		assert.Empty(t, p.Crashed, "after a crash")
	}
}

// fetch skips the test where there is no network, and the modules are not in the cache.
func fetch(t *testing.T, module, tags string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "-C", module, "list", "-deps", "-tags", tags, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=1") // as it is built
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("the modules can't be fetched: %s", out)
	}
}

// Each row has a file of testdata/corpus, and each file a row.
func TestRows(t *testing.T) {
	files, err := filepath.Glob("../../testdata/corpus/*.go")
	require.NoError(t, err)
	tags := map[string]bool{}
	for _, l := range libraries {
		tags[l.Tags] = true
	}
	shared := []string{"main.go", "serve.go"}
	for _, f := range files {
		if name := filepath.Base(f); !slices.Contains(shared, name) {
			assert.True(t, tags[name[:len(name)-len(".go")]], name)
		}
	}
	assert.Len(t, files, len(tags)+len(shared))
}
