package host_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"aead.dev/minisign"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A keyPair is a key to sign with and what a host trusts.
type keyPair struct {
	private minisign.PrivateKey
	public  host.PublicKey
}

func newKey(t testing.TB) keyPair {
	t.Helper()
	public, private, err := minisign.GenerateKey(nil)
	require.NoError(t, err)
	key, err := host.ParsePublicKey(public.String())
	require.NoError(t, err)
	return keyPair{private, key}
}

// sign signs a sealed file in place.
func (k keyPair) sign(t testing.TB, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err = libbuild.Sign(file, k.private)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, file, 0o755))
}

func TestTrustKeys(t *testing.T) {
	path := libtest.Build(t, "tiny", "1")
	old, new, stranger := newKey(t), newKey(t), newKey(t)

	_, err := host.Inspect(path, host.TrustKeys(old.public))
	require.ErrorIs(t, err, host.ErrUnsigned)
	_, err = host.Inspect(path, host.TrustKeys())
	require.ErrorIs(t, err, host.ErrUnsigned)

	old.sign(t, path)
	d, err := host.Inspect(path)
	require.NoError(t, err)
	assert.Equal(t, &host.Signature{KeyID: old.public.ID(), Comment: "hotso library tiny 1"}, d.Signature)

	// While keys change both are trusted, given at once or one after the other.
	both := []host.Option{host.TrustKeys(old.public), host.TrustKeys(new.public)}
	for _, key := range []keyPair{old, new} {
		key.sign(t, path)
		for _, trusted := range [][]host.Option{both, {host.TrustKeys(new.public, old.public)}, {host.TrustKeys(key.public)}} {
			d, err := host.Inspect(path, trusted...)
			require.NoError(t, err)
			assert.True(t, d.Signature.Verified)
			assert.Equal(t, key.public.ID(), d.Signature.KeyID)
		}
	}
	_, err = host.Inspect(path, host.TrustKeys(old.public))
	require.ErrorIs(t, err, host.ErrUntrusted, "the old key is gone")
	assert.ErrorContains(t, err, new.public.ID())
	_, err = host.Inspect(path, host.TrustKeys())
	require.ErrorIs(t, err, host.ErrUntrusted, "no key is trusted")
	stranger.sign(t, path)
	_, err = host.Inspect(path, both...)
	require.ErrorIs(t, err, host.ErrUntrusted)
}

// A signature is valid only for the manifest that it was made for, with the key that
// it names.
func TestSignatureOfSomethingElse(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	path, other := libtest.Build(t, "tiny", "1"), libtest.Build(t, "tiny", "2")
	key.sign(t, other)
	of := unseal(t, other)
	s := unseal(t, path)
	forge := func(signature []byte) error {
		file, err := s.Attach(signature)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, file, 0o755))
		_, err = host.Inspect(path, host.TrustKeys(key.public))
		return err
	}
	require.ErrorIs(t, forge(of.Signature), host.ErrUntrusted, "of another version")

	var signature minisign.Signature
	require.NoError(t, signature.UnmarshalText(minisign.Sign(stranger.private, s.Payload)))
	signature.KeyID = key.private.ID()
	text, err := signature.MarshalText()
	require.NoError(t, err)
	require.ErrorIs(t, forge(text), host.ErrUntrusted, "another key under this one's id")

	right := minisign.SignWithComments(key.private, s.Payload, "said", "")
	require.NoError(t, forge(right), "minisign's older form, without a hash")
	require.ErrorIs(t, forge(bytes.Replace(right, []byte("said"), []byte("sang"), 1)), host.ErrUntrusted, "another comment")
	require.ErrorIs(t, forge([]byte("me")), host.ErrSeal)
}

func TestUnsealedIsNotTrusted(t *testing.T) {
	path := libtest.Build(t, "tiny", "1")
	libtest.Unseal(t, path)
	_, err := host.Inspect(path)
	require.ErrorIs(t, err, host.ErrUnsealed)
	d, err := host.Inspect(path, host.AllowUnsealed())
	require.NoError(t, err)
	assert.False(t, d.Sealed)
	_, err = host.Inspect(path, host.AllowUnsealed(), host.TrustKeys(newKey(t).public))
	require.ErrorIs(t, err, host.ErrUnsigned)
}

func TestParsePublicKey(t *testing.T) {
	const line = "RWRXA4Ohpzmrs9SY5UKxUGcvBLkxP/oGhU+yIvyti7Q/KmaXjYo0S27x"
	for _, text := range []string{line, line + "\n", "untrusted comment: minisign public key B3AB39A7A1830357\n" + line + "\n"} {
		key, err := host.ParsePublicKey(text)
		require.NoError(t, err, text)
		assert.Equal(t, "B3AB39A7A1830357", key.ID())
		assert.Equal(t, line, key.String())
	}
	for _, text := range []string{"", "RW", line[1:], "untrusted comment: only"} {
		_, err := host.ParsePublicKey(text)
		assert.ErrorContains(t, err, "minisign", text)
	}
}

// What hotso signs, minisign verifies, and the other way round.
func TestMinisign(t *testing.T) {
	tool, err := exec.LookPath("minisign")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	run := func(args ...string) {
		out, err := exec.Command(tool, args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	key := newKey(t)
	secret, err := key.private.MarshalText()
	require.NoError(t, err)
	write("key", secret)
	path := libtest.Build(t, "tiny", "1")

	key.sign(t, path)
	s := unseal(t, path)
	write("manifest.minisig", s.Signature)
	run("-V", "-m", write("manifest", s.Payload), "-P", key.public.String())

	for _, form := range []string{"-H", "-l"} { // with a hash, and without
		run("-S", form, "-m", filepath.Join(dir, "manifest"), "-s", filepath.Join(dir, "key"))
		signature, err := os.ReadFile(filepath.Join(dir, "manifest.minisig"))
		require.NoError(t, err)
		file, err := s.Attach(signature)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, file, 0o755))
		d, err := host.Inspect(path, host.TrustKeys(key.public))
		require.NoError(t, err)
		assert.True(t, d.Signature.Verified)
	}
}

func unseal(t testing.TB, path string) *manifest.Sealed {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	s, err := manifest.Unseal(file)
	require.NoError(t, err)
	return s
}

// Keys that are asked for count from the next load on, beside those that are given.
func TestTrustKeysFrom(t *testing.T) {
	one, two, three := newKey(t), newKey(t), newKey(t)
	path := libtest.Build(t, "tiny", "2")
	var now []host.PublicKey
	opts := []host.Option{host.TrustKeys(three.public), host.TrustKeysFrom(func() []host.PublicKey { return now }),
		host.TrustKeysFrom(func() []host.PublicKey { return nil })}
	one.sign(t, path)
	_, err := host.Inspect(path, opts...)
	require.ErrorIs(t, err, host.ErrUntrusted)
	assert.ErrorContains(t, err, "trusted: "+three.public.ID())
	now = []host.PublicKey{two.public, one.public}
	_, err = host.Inspect(path, opts...)
	require.NoError(t, err)
	now = now[:1]
	_, err = host.Inspect(path, opts...)
	require.ErrorIs(t, err, host.ErrUntrusted)
	three.sign(t, path)
	_, err = host.Inspect(path, opts...)
	require.NoError(t, err)
}
