package host_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// Libraries can call back and stream to any host, as cabi.h says: here a C program
// that knows nothing else of hotso.
func TestHostInC(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: ", err)
	}
	library := libtest.Build(t, "callback", "1")
	program := filepath.Join(t.TempDir(), "chost")
	root := must(libtest.Root())(t)
	source := filepath.Join(root, "host", "testdata", "chost.c")
	require.FileExists(t, source) // so that go test knows what the result depends on
	out, err := exec.Command(cc, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I"+filepath.Join(root, "include"),
		"-o", program, source, "-ldl").CombinedOutput()
	require.NoError(t, err, "%s", out)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it hangs
	defer cancel()
	out, err = exec.CommandContext(ctx, program, library).CombinedOutput()
	require.NoError(t, err, "%s", out)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, line := range lines[:len(lines)-1] {
		assert.True(t, strings.HasSuffix(line, ": ok"), line)
	}
	assert.Equal(t, "end", lines[len(lines)-1])
}
