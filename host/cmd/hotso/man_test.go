package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manPages has hotso write its pages, and returns them by their names.
func manPages(t *testing.T, env ...string) (dir string, pages map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "man1")
	cmd := exec.Command("hotso", "help", "man", dir)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Empty(t, string(out))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	pages = map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		pages[f.Name()] = string(b)
	}
	return dir, pages
}

// Each command has a page, which is the same bytes each time.
func TestManPages(t *testing.T) {
	plainOnly(t)
	_, pages := manPages(t, "TZ=America/St_Johns")
	_, again := manPages(t, "TZ=Asia/Tokyo", "TERM=xterm")
	assert.Equal(t, pages, again)
	_, dated := manPages(t, "SOURCE_DATE_EPOCH=1700000000")
	assert.Contains(t, dated["hotso.1"], `"Nov 2023"`)

	var all func(cmd *cobra.Command)
	n := 0
	all = func(cmd *cobra.Command) {
		if !cmd.IsAvailableCommand() {
			return
		}
		n++
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		page := pages[name+".1"]
		assert.Contains(t, page, name+" - ", "%s has a page", name)
		assert.Contains(t, page, ".SH EXAMPLE", name)
		for _, c := range cmd.Commands() {
			all(c)
		}
	}
	all(newRoot(&terminal{}))
	assert.Len(t, pages, n)

	serve := pages["hotso-serve.1"]
	assert.Contains(t, serve, "\n  GET  /healthz      200 while a version serves, 503 otherwise\n", "a table stays one")
	assert.Contains(t, serve, "(sd_listen_fds)")
	assert.Contains(t, pages["hotso-dev.1"], "the only lib* in it")
	assert.Contains(t, pages["hotso-call.1"], "hotso call FILE FUNC [ARG...]")
	assert.Contains(t, pages["hotso-call.1"], `print {"result": ..., "version": "2"}`)
}

// Programs that read such pages have nothing to say of them.
func TestManPagesAreWellFormed(t *testing.T) {
	plainOnly(t)
	dir, pages := manPages(t)
	var files []string
	for name := range pages {
		files = append(files, filepath.Join(dir, name))
	}
	checked := false
	for _, check := range [][]string{
		{"mandoc", "-T", "lint", "-W", "error"},
		{"groff", "-ww", "-man", "-z", "-T", "utf8"},
	} {
		if _, err := exec.LookPath(check[0]); err != nil {
			t.Logf("%s is not installed", check[0])
			continue
		}
		checked = true
		out, err := exec.Command(check[0], append(check[1:], files...)...).CombinedOutput()
		assert.NoError(t, err)
		assert.Empty(t, string(out), check[0])
	}
	if _, err := exec.LookPath("man"); err == nil {
		checked = true
		cmd := exec.Command("man", "-l", filepath.Join(dir, "hotso-serve.1"))
		cmd.Env = append(os.Environ(), "MANPAGER=cat", "MANWIDTH=80", "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), "--max-connections")
	}
	if !checked {
		t.Skip("no mandoc, groff or man to read them")
	}
}
