package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

func versionOf(t *testing.T, cmd *exec.Cmd) (v versionInfo) {
	t.Helper()
	out, err := cmd.Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &v), "%s", out)
	return v
}

// hotso version says what works here, and what does not, in the words of hotso doctor.
func TestVersionSaysWhatWorks(t *testing.T) {
	plainOnly(t)
	libtest.Greeter(t, "1") // skips where nothing is loaded
	version := func() *exec.Cmd { return exec.Command("hotso", "version", "--json") }
	here := versionOf(t, version())
	require.Len(t, here.Features, 3)
	for _, f := range here.Features {
		assert.True(t, f.Works, f.Why)
	}
	strict := versionOf(t, through(t, version(), "denied", "tgkill"))
	for _, f := range strict.Features {
		assert.Equal(t, f.Name == "load", f.Works)
		assert.Equal(t, f.Works, f.Why == "")
	}
}

// Packages are stamped, as their sources may come without a repository.
func TestVersionIsStamped(t *testing.T) {
	if testing.Short() {
		t.Skip("the go command does the work, which need not be done twice")
	}
	program := filepath.Join(t.TempDir(), "hotso")
	build := exec.Command("go", "build", "-ldflags", "-X main.release=v1.2.3 -X main.commit=abc-dirty", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	v := versionOf(t, exec.Command(program, "version", "--json"))
	assert.Equal(t, "v1.2.3", v.Hotso)
	assert.Equal(t, "abc", v.Commit)
	assert.True(t, v.Modified)
}
