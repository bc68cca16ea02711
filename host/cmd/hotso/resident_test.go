package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// A library that can't be unloaded is refused by soak and crash. Without the
// trampoline none can be unloaded.
func TestResidentLibrariesAreNotDrilled(t *testing.T) {
	if raceEnabled {
		t.Skip("the command that is built here has no race detector")
	}
	hotso := filepath.Join(t.TempDir(), "hotso")
	out, err := exec.Command("go", "build", "-tags", "hotso_fallback", "-o", hotso, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	file := libtest.Greeter(t, "1")
	out, err = exec.Command(hotso, "call", file, "Add", "40", "2").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "42\n", string(out))
	for command, why := range map[string]string{"soak": "nothing to soak", "crash": "a crash would end the process"} {
		out, err := exec.Command(hotso, command, file).CombinedOutput()
		assert.ErrorContains(t, err, "exit status 1", command)
		assert.Contains(t, string(out), why+": a version stays in the process: hotso can't unload what purego calls")
	}
}
