package libtest

import (
	"os"
	"os/exec"
	"testing"
)

// GoTool is go tool with these arguments. The tool is built without cgo, however the test is: so once, with what test
// binaries without cgo have compiled.
func GoTool(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"tool"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "PPROF_TMPDIR="+t.TempDir())
	return cmd
}
