package registry_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
)

func client(t testing.TB, r *registrytest.Registry, o registry.Options) *registry.Client {
	t.Helper()
	o.RootCAs = r.CA
	if o.Credential == nil {
		o.Credential = func(context.Context, string) (string, string, error) { return r.User, r.Password, nil }
	}
	return open(t, r.Host, o)
}

// proxied is a client of a proxy before a registry that asks nobody.
func proxied(t testing.TB, p *registrytest.Proxy, o registry.Options) *registry.Client {
	t.Helper()
	o.Credential = func(context.Context, string) (string, string, error) { return "", "", nil }
	return open(t, p.Host, o)
}

// file is a small library.
func file(t testing.TB, version string) string {
	t.Helper()
	return sealedtest.File(t, "greeter", version, 1000, uint64(version[0]))
}

func open(t testing.TB, host string, o registry.Options) *registry.Client {
	t.Helper()
	ref, err := registry.ParseReference(host + "/team/greeter")
	require.NoError(t, err)
	c, err := registry.New(ref, o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func local(t testing.TB, path string) *registry.Local {
	t.Helper()
	l, err := registry.OpenLocal(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l
}

func push(t testing.TB, c *registry.Client, path string, tags ...string) *registry.Index {
	t.Helper()
	i, err := c.Push(t.Context(), []*registry.Local{local(t, path)}, tags, false, nil)
	require.NoError(t, err)
	return i
}

// get downloads the library of a tag for this platform.
func get(t testing.TB, c *registry.Client, tag string) []byte {
	t.Helper()
	i, err := c.Index(t.Context(), tag)
	require.NoError(t, err)
	e, err := registry.For(i.Entries, registry.Platform())
	require.NoError(t, err)
	l, err := c.Library(t.Context(), e)
	require.NoError(t, err)
	part, err := os.Create(filepath.Join(t.TempDir(), "part"))
	require.NoError(t, err)
	defer part.Close()
	file, err := c.Download(t.Context(), l, part, nil)
	require.NoError(t, err)
	b, err := io.ReadAll(file)
	require.NoError(t, err)
	return b
}

func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// What is pushed comes back, from each registry, with each kind of login.
func TestRegistries(t *testing.T) {
	for name, o := range map[string]registrytest.Options{
		"distribution": {}, "ggcr": {Kind: registrytest.GGCR}, "basic, TLS": {Auth: registrytest.BasicAuth, TLS: true}, "token": {Auth: registrytest.TokenAuth},
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, registrytest.Start(t, o), registry.Options{})
			_, err := c.Index(t.Context(), "1")
			require.ErrorIs(t, err, registry.ErrNotFound)
			one, two := sealedtest.File(t, "greeter", "1", 100_000, 1), sealedtest.File(t, "greeter", "2.0.0+build.5", 70_000, 2)
			first := push(t, c, one, "stable")
			second := push(t, c, two)
			assert.Equal(t, content(t, one), get(t, c, "stable"))
			assert.Equal(t, content(t, two), get(t, c, "2.0.0_build.5"))
			tags, err := c.Tags(t.Context())
			require.NoError(t, err)
			assert.ElementsMatch(t, []string{"1", "2.0.0_build.5", "stable"}, tags)
			assert.Equal(t, first.Descriptor.Digest, push(t, c, one).Descriptor.Digest, "nothing depends on time")

			i, err := c.Index(t.Context(), second.Descriptor.Digest.String())
			require.NoError(t, err)
			assert.Equal(t, "2.0.0+build.5", i.Version())
			l, err := c.Library(t.Context(), i.Entries[0])
			require.NoError(t, err)
			f, err := c.Open(t.Context(), l)
			require.NoError(t, err)
			assert.EqualValues(t, len(content(t, two)), f.Size)
			tail := make([]byte, 100)
			_, err = f.ReadAt(tail, f.Size-50)
			require.ErrorIs(t, err, io.EOF)
			assert.True(t, bytes.HasSuffix(content(t, two), tail[:50]))
		})
	}
}

// A version is one thing for good, unless somebody insists. Platforms may come one by one.
func TestVersionsStay(t *testing.T) {
	c := client(t, registrytest.Start(t, registrytest.Options{}), registry.Options{})
	push(t, c, sealedtest.For(t, "linux", "amd64", "greeter", "1", 1000, 1))
	i := push(t, c, sealedtest.For(t, "linux", "arm64", "greeter", "1", 1000, 2))
	assert.Len(t, i.Entries, 2)
	other := local(t, sealedtest.For(t, "linux", "arm64", "greeter", "1", 1000, 3))
	_, err := c.Push(t.Context(), []*registry.Local{other}, nil, false, nil)
	require.ErrorIs(t, err, registry.ErrTaken)
	assert.ErrorContains(t, err, "give "+other.Path+" a new version")
	_, err = c.Push(t.Context(), []*registry.Local{other}, nil, true, nil)
	require.NoError(t, err)
	i, err = c.Index(t.Context(), "1")
	require.NoError(t, err)
	assert.Len(t, i.Entries, 1)
	_, err = registry.For(i.Entries, registry.Platform())
	if registry.Platform().Architecture == "amd64" {
		assert.ErrorIs(t, err, registry.ErrPlatform)
	}

	_, err = c.Push(t.Context(), []*registry.Local{other, other}, nil, true, nil)
	assert.ErrorContains(t, err, "one file for each platform")
	_, err = c.Push(t.Context(), []*registry.Local{other, local(t, sealedtest.File(t, "greeter", "2", 10, 0))}, nil, true, nil)
	assert.ErrorContains(t, err, "one version at a time")
	unsealed := filepath.Join(t.TempDir(), "libgreeter.v1.so")
	require.NoError(t, os.WriteFile(unsealed, []byte("no seal here, but some bytes that are long enough to have one ......"), 0o644))
	_, err = registry.OpenLocal(unsealed)
	assert.ErrorContains(t, err, "hotso build")
}

func TestDenied(t *testing.T) {
	for _, kind := range []string{registrytest.BasicAuth, registrytest.TokenAuth} {
		r := registrytest.Start(t, registrytest.Options{Auth: kind})
		c := client(t, r, registry.Options{Credential: func(context.Context, string) (string, string, error) { return "ada", "wrong", nil }})
		_, err := c.Resolve(t.Context(), "1")
		assert.ErrorIs(t, err, registry.ErrDenied, kind)
		c = client(t, r, registry.Options{Credential: func(context.Context, string) (string, string, error) { return "", "", nil }})
		_, err = c.Resolve(t.Context(), "1")
		assert.ErrorIs(t, err, registry.ErrDenied, kind)
	}
}

// The credentials are those that docker login has stored.
func TestDockerConfig(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{Auth: registrytest.BasicAuth})
	t.Setenv("DOCKER_CONFIG", r.DockerConfig())
	ref, err := registry.ParseReference(r.Host + "/greeter")
	require.NoError(t, err)
	c, err := registry.New(ref, registry.Options{})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Index(t.Context(), "1")
	assert.ErrorIs(t, err, registry.ErrNotFound)
}
