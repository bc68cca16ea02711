package server_test

import (
	"os"
	"testing"

	"aead.dev/minisign"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// With a key, only what it signed is served, however new the rest is.
func TestTrustedKey(t *testing.T) {
	public, private, err := minisign.GenerateKey(nil)
	require.NoError(t, err)
	key, err := host.ParsePublicKey(public.String())
	require.NoError(t, err)
	signed := libtest.Greeter(t, "1")
	file, err := os.ReadFile(signed)
	require.NoError(t, err)
	file, err = libbuild.Sign(file, private)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(signed, file, 0o755))

	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "2"))
	r := start(t, server.Config{Dirs: []string{dir}, Settings: options(host.TrustKeys(key))})
	require.Contains(t, r.await(server.Trouble, "").Detail, host.ErrUnsigned.Error(), "nor does it say what to serve")
	deploy(t, dir, signed)
	require.Contains(t, r.await(host.Refused, "2").Detail, host.ErrUnsigned.Error())
	r.await(host.Serving, "1")
	require.NoError(t, r.stop())
}
