package filelimit_test

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/filelimit"
)

// A program that uses package syscall knows what that found at its start.
func TestBegan(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("it is not asked for here")
	}
	if os.Getenv("FILELIMIT_CHILD") != "" {
		os.Stdout.WriteString("began with " + strconv.FormatUint(filelimit.Began(), 10) + "\n")
		return
	}
	cmd := exec.Command("sh", "-c", `ulimit -Sn 123 && exec "$0" "$@"`, os.Args[0], "-test.run=^TestBegan$")
	cmd.Env = append(os.Environ(), "FILELIMIT_CHILD=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, strings.Split(string(out), "\n"), "began with 123",
		"packages start in the order of their import paths, and this one before syscall")
}

func TestRaised(t *testing.T) {
	type limit struct{ soft, hard uint64 }
	for _, test := range []struct {
		began, now limit
		is         uint64
	}{
		{limit{1024, 4096}, limit{4095, 4096}, 1024}, // as package syscall does it
		{limit{1024, 4096}, limit{4096, 4096}, 0},    // by somebody else
		{limit{1024, 4096}, limit{2000, 4096}, 0},
		{limit{1024, 4096}, limit{2999, 3000}, 0},
		{limit{4095, 4096}, limit{4095, 4096}, 0}, // there was nothing to raise
		{limit{4096, 4096}, limit{4095, 4096}, 0},
		{limit{}, limit{4095, 4096}, 0}, // nobody knows
		{limit{}, limit{}, 0},
	} {
		restore := filelimit.SetBegan(test.began.soft, test.began.hard)
		assert.Equal(t, test.is, filelimit.Raised(test.now.soft, test.now.hard), "%v", test)
		restore()
	}
}
