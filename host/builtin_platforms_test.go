package host_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// What is linked into a program serves where nothing can be loaded: in a static program, which says so. That it compiles
// for Windows is seen by scripts/test.sh.
func TestBuiltinWhereNothingIsLoaded(t *testing.T) {
	plainOnly(t)
	root := must(libtest.Root())(t)
	program := filepath.Join(t.TempDir(), "builtin")
	cmd := exec.Command("go", "build", "-o", program, "-tags=hotso_static", "./examples/contract/builtin")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	if runtime.GOOS == "linux" {
		f := must(elf.Open(program))(t)
		defer f.Close()
		for _, p := range f.Progs {
			assert.NotEqual(t, elf.PT_INTERP, p.Type, "it needs no dynamic linker")
		}
	}
	out, err = exec.Command(program, libtest.Greeter(t, "1")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Regexp(t, `(?s)\Av1.0.0: Good day, Ada.\n.*\nv1.0.0: Good day, Ada.\n\z`, string(out))
	assert.Contains(t, string(out), "it is \"greeter\", wanted is \"hello\"")

	hello := libtest.Build(t, filepath.Join(root, "examples", "contract", "libhello"), "2", libtest.Named("hello"))
	out, err = exec.Command(program, hello).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Regexp(t, `can't load libraries .*hotso_static.*: unsupported operation\nv1.0.0: Good day, Ada.\n\z`, string(out))
}
