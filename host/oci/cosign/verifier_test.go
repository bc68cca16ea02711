package cosign_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/oci/cosign"
)

func publicKey(t testing.TB, k *registrytest.CosignKey) cosign.PublicKey {
	t.Helper()
	key, err := cosign.ParsePublicKey(k.Public)
	require.NoError(t, err)
	return key
}

func wrongKey(t testing.TB) cosign.PublicKey {
	t.Helper()
	return publicKey(t, registrytest.NewCosignKey(t))
}

// What is no good signature is none, says why, and hides no good one beside it.
func TestNotSigned(t *testing.T) {
	key, stranger := registrytest.NewCosignKey(t), registrytest.NewCosignKey(t)
	simple := func(payload string) made { return made{payload, key.Sign([]byte(payload))} }
	for name, test := range map[string]struct {
		attach func(r *repository, s oci.Subject)
		why    string
	}{
		"nothing": {func(*repository, oci.Subject) {}, "no signature"},
		"other key, bundle": {func(r *repository, s oci.Subject) {
			r.bundle(s.Manifest, string(stranger.Bundle(registrytest.Statement(s.Manifest.Digest, registrytest.SignPredicate))))
		}, "made with another key"},
		"other key, simple": {func(r *repository, s oci.Subject) {
			payload := registrytest.Simple("x", s.Index.Digest)
			r.simple(s.Index.Digest, made{string(payload), stranger.Sign(payload)})
		}, "made with another key"},
		"other digest, bundle": {func(r *repository, s oci.Subject) {
			r.bundle(s.Manifest, string(key.Bundle(registrytest.Statement(r.version("2").Manifest.Digest, registrytest.SignPredicate))))
		}, "of another digest"},
		"other digest, simple": {func(r *repository, s oci.Subject) {
			r.simple(s.Manifest.Digest, simple(string(registrytest.Simple("x", s.Index.Digest))))
		}, "of another digest"},
		"index as manifest": {func(r *repository, s oci.Subject) {
			r.bundle(s.Manifest, string(key.Bundle(registrytest.Statement(s.Index.Digest, registrytest.SignPredicate))))
		}, "of another digest"},
		"attestation": {func(r *repository, s oci.Subject) {
			r.bundle(s.Manifest, string(key.Bundle(registrytest.Statement(s.Manifest.Digest, "https://slsa.dev/provenance/v1"))))
		}, `an attestation of the type "https://slsa.dev/provenance/v1"`},
		"changed statement": {func(r *repository, s oci.Subject) {
			statement := registrytest.Statement(r.version("2").Manifest.Digest, registrytest.SignPredicate)
			signed := string(key.Bundle(statement))
			r.bundle(s.Manifest, strings.Replace(signed, encoded(statement), encoded(registrytest.Statement(s.Manifest.Digest, registrytest.SignPredicate)), 1))
		}, "made with another key"},
		"changed payload": {func(r *repository, s oci.Subject) {
			old := simple(string(registrytest.Simple("x", r.version("2").Manifest.Digest)))
			r.simple(s.Manifest.Digest, made{string(registrytest.Simple("x", s.Manifest.Digest)), old.signature})
		}, "made with another key"},
		"other type of payload": {func(r *repository, s oci.Subject) {
			payload := strings.Replace(string(registrytest.Simple("x", s.Manifest.Digest)), "cosign container image signature", "atomic container signature", 1)
			r.simple(s.Manifest.Digest, simple(payload))
		}, `its payload is a "atomic container signature"`},
		"truncated bundle": {func(r *repository, s oci.Subject) {
			b := key.Bundle(registrytest.Statement(s.Manifest.Digest, registrytest.SignPredicate))
			r.bundle(s.Manifest, string(b[:len(b)-10]))
		}, "the bundle is damaged"},
		"two envelopes": {func(r *repository, s oci.Subject) {
			b := string(key.Bundle(registrytest.Statement(s.Manifest.Digest, registrytest.SignPredicate)))
			r.bundle(s.Manifest, b+b)
		}, "the bundle is damaged"},
		"truncated signature": {func(r *repository, s oci.Subject) {
			signed := simple(string(registrytest.Simple("x", s.Manifest.Digest)))
			r.simple(s.Manifest.Digest, made{signed.payload, signed.signature[:20]}, made{signed.payload, nil})
		}, "made with another key; its annotation is no signature in base64"},
		"signed rubbish": {func(r *repository, s oci.Subject) {
			r.simple(s.Manifest.Digest, simple("rubbish"))
			r.bundle(s.Manifest, string(key.Bundle([]byte("rubbish"))))
		}, "its statement is damaged: invalid character 'r' looking for beginning of value; its payload is damaged"},
		"huge": {func(r *repository, s oci.Subject) {
			r.bundle(s.Manifest, strings.Repeat(" ", 65<<10)+string(key.Bundle(registrytest.Statement(s.Manifest.Digest, registrytest.SignPredicate))))
			r.simple(s.Manifest.Digest, simple(string(registrytest.Simple("x", s.Manifest.Digest))+strings.Repeat(" ", 64<<10)))
		}, "is too large"},
		"other bundle": {func(r *repository, s oci.Subject) {
			b := string(key.Bundle(registrytest.Statement(s.Manifest.Digest, registrytest.SignPredicate)))
			r.bundle(s.Manifest, strings.Replace(b, "bundle.v0.3+json", "bundle.v9+json", 1))
		}, "bundle.v9+json"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepository()
			s := r.version("1")
			test.attach(r, s)
			_, err := cosign.TrustKeys(publicKey(t, key)).Verify(t.Context(), s)
			require.ErrorIs(t, err, oci.ErrUnsigned)
			assert.ErrorContains(t, err, test.why)
			assert.ErrorContains(t, err, "v1 of greeter is not signed by a key that is trusted here ("+publicKey(t, key).ID()+")")
			assert.ErrorContains(t, err, "cosign sign --key FILE --recursive registry.example.com/team/greeter@"+s.Index.Digest.String())

			r.bundle(s.Index, string(key.Bundle(registrytest.Statement(s.Index.Digest, registrytest.SignPredicate))))
			_, err = cosign.TrustKeys(wrongKey(t), publicKey(t, key)).Verify(t.Context(), s)
			assert.NoError(t, err)
		})
	}
}

// encoded is how bytes are in JSON.
func encoded(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// The name of the repository in a payload is not looked at: signatures are copied with what they are about.
func TestOtherRepository(t *testing.T) {
	key, r := registrytest.NewCosignKey(t), newRepository()
	s := r.version("1")
	payload := registrytest.Simple("mirror.example.com/other/name", s.Manifest.Digest)
	r.simple(s.Manifest.Digest, made{"{}", key.Sign([]byte("{}"))}, made{string(payload), key.Sign(payload)})
	_, err := cosign.TrustKeys(publicKey(t, key)).Verify(t.Context(), s)
	assert.NoError(t, err)
}

// The signature of an index is one of what it lists, and of nothing else.
func TestIndex(t *testing.T) {
	key, r := registrytest.NewCosignKey(t), newRepository()
	one, two := r.version("1"), r.version("2")
	r.bundle(two.Index, string(key.Bundle(registrytest.Statement(two.Index.Digest, registrytest.SignPredicate))))
	trust := cosign.TrustKeys(publicKey(t, key))
	evidence, err := trust.Verify(t.Context(), two)
	require.NoError(t, err)
	require.NoError(t, trust.Recheck(two.Manifest.Digest, evidence))
	assert.ErrorContains(t, trust.Recheck(one.Manifest.Digest, evidence), "does not list it")
	one.Index = two.Index
	_, err = trust.Verify(t.Context(), one)
	require.ErrorIs(t, err, oci.ErrUnsigned)
	assert.ErrorContains(t, err, "the index of the version does not list it")
	for _, damaged := range []string{"", "{}", "null", `{"index":"e30="}`, `{"bundle":""}`, string(evidence[:len(evidence)-3])} {
		assert.ErrorIs(t, trust.Recheck(two.Manifest.Digest, []byte(damaged)), oci.ErrUnsigned, damaged)
	}
}

// Who can write to a registry and has no key can't have a host fetch without end. Troubles with the registry are no verdict.
func TestBounds(t *testing.T) {
	key, r := registrytest.NewCosignKey(t), newRepository()
	s := r.version("1")
	s.Index = ocispec.Descriptor{}
	for i := range 500 {
		r.bundle(s.Manifest, fmt.Sprint(i))
	}
	_, err := cosign.TrustKeys(publicKey(t, key)).Verify(t.Context(), s)
	require.ErrorIs(t, err, oci.ErrUnsigned)
	assert.ErrorContains(t, err, "there is more than is looked at")
	assert.LessOrEqual(t, r.fetched, 200)
	assert.Less(t, len(err.Error()), 1000)

	r.away = errors.New("it is away")
	_, err = cosign.TrustKeys(publicKey(t, key)).Verify(t.Context(), s)
	require.ErrorIs(t, err, r.away)
	assert.NotErrorIs(t, err, oci.ErrUnsigned)
}

// A host takes a version when its signature comes, which is after the tag has moved, and the version before until then.
func TestFollow(t *testing.T) {
	key := registrytest.NewCosignKey(t)
	r := registrytest.Start(t, registrytest.Options{})
	publish := func(version string) *registry.Index {
		ref, err := registry.ParseReference(r.Host + "/team/greeter")
		require.NoError(t, err)
		c, err := registry.New(ref, registry.Options{})
		require.NoError(t, err)
		defer c.Close()
		l, err := registry.OpenLocal(sealedtest.File(t, "greeter", version, 1000, 1))
		require.NoError(t, err)
		defer l.Close()
		i, err := c.Push(t.Context(), []*registry.Local{l}, []string{"stable"}, true, nil)
		require.NoError(t, err)
		return i
	}
	one := publish("1")
	keys := []cosign.PublicKey{publicKey(t, key)}
	f, err := oci.New(r.Host+"/team/greeter:stable", oci.WithCache(t.TempDir()), oci.WithInterval(time.Second),
		oci.WithVerifier(cosign.TrustKeysFrom(func() []cosign.PublicKey { return keys })))
	require.NoError(t, err)
	var seen []string
	for e := range f.Events(t.Context()) {
		if e.Kind == oci.Refused {
			require.ErrorIs(t, e.Err, oci.ErrUnsigned)
			seen = append(seen, "refused")
			if one != nil {
				r.AttachBundle("team/greeter", one.Descriptor.Digest, key.Bundle(registrytest.Statement(one.Descriptor.Digest, registrytest.SignPredicate)))
				one = nil
			}
			continue
		}
		require.Equal(t, oci.Found, e.Kind, "%v", e.Err)
		if seen = append(seen, e.Version.Text); e.Version.Text == "2" {
			break
		}
		two := publish("2").Entries[0].Descriptor.Digest
		payload := registrytest.Simple(r.Host+"/team/greeter", two)
		r.AttachSimple("team/greeter", two, payload, key.Sign(payload))
	}
	assert.Contains(t, [][]string{{"refused", "1", "2"}, {"refused", "1", "refused", "2"}}, seen)
}
