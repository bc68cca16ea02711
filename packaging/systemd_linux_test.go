package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The units are right, and leave the service no more than they say.
func TestUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze: ", err)
	}
	dir := t.TempDir()
	var units []string
	for _, kind := range []string{"service", "socket"} {
		text, err := os.ReadFile(filepath.Join("systemd", "hotso@."+kind))
		require.NoError(t, err)
		unit := filepath.Join(dir, "hotso@greeter."+kind)
		// What is to be executed must be there.
		require.NoError(t, os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/bin/hotso", hotso)), 0o644))
		units = append(units, unit)
	}
	out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Empty(t, string(out))
	// In tenths: 0 is nothing to lose, 100 is everything.
	out, err = exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=20", units[0]).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// The unit waits for longer than the server drains, so that no call that is inside is cut off.
func TestUnitsOptions(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("systemd", "hotso@.service"))
	require.NoError(t, err)
	assert.Regexp(t, `--drain duration .*\(default 30s\)`, serveHelp(t))
	assert.Contains(t, string(text), "\nTimeoutStopSec=45s\n")
	for _, line := range []string{"Type=notify", "NotifyAccess=all", "KillMode=mixed", "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service"} {
		assert.Contains(t, string(text), "\n"+line+"\n")
	}
}
