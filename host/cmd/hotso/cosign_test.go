package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/registrytest"
)

// digestAt is what a tag stands for.
func digestAt(t *testing.T, r *registrytest.Registry, repository, tag string) digest.Digest {
	t.Helper()
	d, err := r.Repository(repository).Resolve(t.Context(), tag)
	require.NoError(t, err)
	return d.Digest
}

// What cosign has not signed is neither pulled nor served, until it has.
func TestCosign(t *testing.T) {
	if testing.Short() {
		t.Skip("registries and commands do the work")
	}
	r := registrytest.Start(t, registrytest.Options{})
	key, next := registrytest.NewCosignKey(t), registrytest.NewCosignKey(t)
	file, repository := key.File(), r.Host+"/greeter"
	sign := func(key *registrytest.CosignKey, tag string) {
		d := digestAt(t, r, "greeter", tag)
		r.AttachBundle("greeter", d, key.Bundle(registrytest.Statement(d, registrytest.SignPredicate)))
	}
	must(t, "push", libtest.Greeter(t, "1"), repository, "--tag", "stable")
	dir := t.TempDir()
	_, problem, code := hotso(t, "pull", repository+":stable", "-o", dir, "--cosign-key", file)
	assert.Equal(t, exitRefused, code)
	assert.Contains(t, problem, "v1 of greeter is not signed by a key that is trusted here")
	assert.Contains(t, problem, "cosign sign --key FILE --recursive "+repository+"@"+digestAt(t, r, "greeter", "1").String())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
	sign(key, "1")
	must(t, "pull", repository+":stable", "-o", dir, "--cosign-key", next.File(), "--cosign-key", file)
	assert.FileExists(t, filepath.Join(dir, "libgreeter.v1.so"))

	c := serveChannel(t, repository, t.TempDir(), "any", "--cosign-key", file)
	assert.Equal(t, "1", c.await(host.Serving).Version)
	must(t, "push", libtest.Greeter(t, "2"), repository, "--tag", "stable")
	assert.Contains(t, c.await(host.Refused).Detail, "v2 of greeter is not signed")
	_, body := c.call("Greet", "[]")
	assert.Contains(t, body, `"version":"1"`)
	sign(next, "2")
	require.NoError(t, os.WriteFile(file, next.Public, 0o644))
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGHUP))
	assert.Equal(t, "2", c.await(host.Serving).Version)

	for _, args := range [][]string{
		{"serve", dir, "--cosign-key", file}, {"pull", repository + ":1", "--cosign-key", "missing.pub"},
		{"serve", "oci://" + repository + ":stable", "--cosign-key", libtest.Greeter(t, "1")},
	} {
		_, problem, code := hotso(t, args...)
		assert.Equal(t, exitUsage, code, "%v", args)
		assert.Contains(t, problem, "--cosign-key", "%v", args)
	}
	resp, err := http.Get(r.URL() + "/v2/greeter/tags/list")
	require.NoError(t, err)
	defer resp.Body.Close()
	tags, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(tags), `"sha256-`, "the registry has no API for referrers")
	out, _, code := hotso(t, "versions", repository)
	assert.Zero(t, code)
	assert.Equal(t, 3, strings.Count(out, "\n"), "tags of signatures are no versions:\n%s", out)
}
