package doctor

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// What doctor calls the Newest release is the Newest that the tests of package host run with.
func TestNewestIsWhatTestsRunWith(t *testing.T) {
	root, err := libtest.Root()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "host", "unload_toolchain_test.go"))
	require.NoError(t, err)
	m := regexp.MustCompile(`var toolchains = \[\]string\{"(go\d+\.\d+)\.`).FindSubmatch(text)
	require.NotNil(t, m)
	assert.Equal(t, string(m[1]), Newest)
}

func TestTried(t *testing.T) {
	for release, is := range map[string]bool{"go1.26.8": true, Newest: true, Newest + ".4": true, Newest + "rc1": true,
		"go1.99": false, "go2.0.1": false, "devel go1.28-abcdef": false, "": false} {
		assert.Equal(t, is, Tried(release), release)
	}
}
