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

// shipped is what must be in the package and, without /usr, in the tarball.
var shipped = []string{
	"/usr/bin/hotso", "/usr/lib/libhotso.so.1", "/usr/lib/libhotso.so", "/usr/include/hotso.h", "/usr/lib/pkgconfig/hotso.pc",
	"/usr/share/man/man1/hotso-serve.1", "/usr/share/bash-completion/completions/hotso", "/usr/share/fish/vendor_completions.d/hotso.fish",
	"/usr/lib/systemd/system/hotso@.service", "/usr/lib/systemd/system/hotso@.socket", "/usr/lib/sysusers.d/hotso.conf",
	"/usr/share/doc/hotso/examples/kubernetes/shop.yaml",
}

// dist makes a file of what is built: the command, and something in place of libhotso.
func dist(t *testing.T, kind string) (file string) {
	t.Helper()
	build := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(build, "libhotso.so.1"), []byte("libhotso"), 0o755))
	cmd := exec.Command("./dist.sh", kind, build, hotso)
	cmd.Env = append(os.Environ(), "VERSION_TAG=v1.2.3")
	out, err := cmd.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

func TestTarball(t *testing.T) {
	file := dist(t, "tarball")
	assert.True(t, strings.HasPrefix(filepath.Base(file), "hotso-1.2.3-linux-"), file)
	out, err := exec.Command("tar", "-tzf", file).Output()
	require.NoError(t, err)
	root := strings.TrimSuffix(filepath.Base(file), ".tar.gz")
	for _, path := range shipped {
		assert.Contains(t, string(out), root+strings.TrimPrefix(path, "/usr")+"\n")
	}
	assert.Contains(t, string(out), root+"/share/zsh/site-functions/_hotso\n")
	unit, err := exec.Command("tar", "-xzOf", file, root+"/lib/systemd/system/hotso@.service").Output()
	require.NoError(t, err)
	assert.Contains(t, string(unit), "\nExecStart=/usr/local/bin/hotso serve")
	again, err := os.ReadFile(dist(t, "tarball"))
	require.NoError(t, err)
	first, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.True(t, string(first) == string(again), "the same bytes")
}

func TestDeb(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb: ", err)
	}
	file := dist(t, "deb")
	out, err := exec.Command("dpkg-deb", "--field", file, "Package", "Version", "Depends").Output()
	require.NoError(t, err)
	assert.Equal(t, "Package: hotso\nVersion: 1.2.3\nDepends: libc6 (>= 2.34)\n", string(out))
	out, err = exec.Command("dpkg-deb", "--contents", file).Output()
	require.NoError(t, err)
	for _, path := range append(shipped, "/etc/hotso/", "/usr/share/doc/hotso/copyright", "/usr/share/zsh/vendor-completions/_hotso") {
		assert.Contains(t, string(out), " ."+path)
	}
	assert.NotContains(t, strings.ReplaceAll(string(out), " root/root ", ""), "root/", "all is root's")
	control := t.TempDir()
	require.NoError(t, exec.Command("dpkg-deb", "--control", file, control).Run())
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		require.NoError(t, exec.Command("sh", "-n", filepath.Join(control, script)).Run(), script)
	}
}
