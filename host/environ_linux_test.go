package host_test

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
)

// What lets code in beside the signed libraries is said, when keys are trusted. The
// variables are those that the process began with: a test runs in a process of its own.
func TestEnvironmentOfTheLinkerIsSaid(t *testing.T) {
	if os.Getenv("LOG_ENVIRONMENT") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
		cmd.Dir = host.SourceDir
		cmd.Env = append(os.Environ(), "LOG_ENVIRONMENT=1", "LD_LIBRARY_PATH=/somewhere", "GLIBC_TUNABLES=glibc.malloc.check=0", "LD_AUDIT=")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	os.Unsetenv("LD_LIBRARY_PATH") // too late for the dynamic linker
	var said bytes.Buffer
	logs := host.WithLogger(slog.New(slog.NewTextHandler(&said, nil)))
	trust := host.TrustKeys(newKey(t).public)
	_, err := host.NewSlot("x", logs).Close(ctx)
	require.NoError(t, err)
	_, err = host.NewSlot("x", trust).Close(ctx)
	require.NoError(t, err)
	assert.Empty(t, said.String(), "no keys, or no logger")

	for name, use := range map[string]func(){
		"slot": func() { _, err = host.NewSlot("x", logs, trust).Close(ctx); require.NoError(t, err) },
		"open": func() { _, err = host.Open(ctx, "/none.so", trust, logs); require.Error(t, err) },
	} {
		said.Reset()
		use()
		assert.Contains(t, said.String(), "level=WARN", name)
		assert.Contains(t, said.String(), "variable=LD_LIBRARY_PATH value=/somewhere", name)
		assert.Contains(t, said.String(), `variable=GLIBC_TUNABLES value="glibc.malloc.check=0"`, name)
		assert.NotContains(t, said.String(), "LD_AUDIT", name)
	}
}
