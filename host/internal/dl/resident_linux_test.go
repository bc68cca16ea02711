package dl_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/private"
)

// An object that stays in the process is known by its name for as long as it does. A
// later one under the same descriptor is another: its code runs, not the old one's.
func TestResidentObjectIsNotMetAgain(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc")
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "n.c")
	require.NoError(t, os.WriteFile(source, []byte("int number(void) { return N; }\n"), 0o600))
	for n := range uint64(20) {
		object := filepath.Join(dir, "n.so")
		out, err := exec.Command(gcc, "-shared", "-fPIC", "-Wl,-z,nodelete", "-DN="+string(rune('0'+n%10)), "-o", object, source).CombinedOutput()
		require.NoError(t, err, "%s", out)
		bytes, err := os.ReadFile(object)
		require.NoError(t, err)
		c, err := private.InMemory("resident", bytes, nil)
		require.NoError(t, err)
		h, err := dl.Open(c.Path())
		require.NoError(t, err)
		number, err := h.Sym("number")
		require.NoError(t, err)
		assert.Equal(t, n%10, call.Call(number), "the code of an earlier object")
		require.NoError(t, h.Close())
		require.NoError(t, c.Close())
	}
}
