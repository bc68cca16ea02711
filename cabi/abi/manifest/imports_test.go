package manifest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every library would pay for what package cabi imports.
func TestLibrariesDoNotLinkThisPackage(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "github.com/hotso/hotso/cabi")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := cmd.Output()
	require.NoError(t, err)
	deps := strings.Fields(string(out))
	require.Contains(t, deps, "github.com/hotso/hotso/cabi/abi")
	for _, heavy := range []string{"github.com/hotso/hotso/cabi/abi/manifest", "encoding/json", "crypto/sha256"} {
		assert.NotContains(t, deps, heavy)
	}
}
