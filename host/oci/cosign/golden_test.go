package cosign_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/oci/cosign"
)

// goldenNames are the repositories of testdata/make.sh that are signed.
func goldenNames(t testing.TB) (names []string) {
	paths, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	for _, path := range paths {
		if name := strings.TrimSuffix(filepath.Base(path), ".json"); name != "attested" {
			names = append(names, name)
		}
	}
	require.Len(t, names, 16)
	return names
}

// keyOf is that of a golden repository.
func keyOf(t testing.TB, name string) cosign.PublicKey {
	t.Helper()
	kind := name[strings.LastIndexByte(name, '-')+1:]
	text, err := os.ReadFile(filepath.Join("testdata", kind+".pub"))
	if err != nil {
		text, err = os.ReadFile("testdata/p256.pub")
	}
	require.NoError(t, err)
	key, err := cosign.ParsePublicKey(text)
	require.NoError(t, err)
	return key
}

// subjectOf is what was signed in a golden repository.
func subjectOf(r *repository) oci.Subject {
	return oci.Subject{Repository: "127.0.0.1/greeter", Library: "greeter", Version: "1", Registry: r,
		Manifest: r.describe(r.Tags["amd64"]), Index: r.describe(r.Tags["1"])}
}

// What cosign 2 and 3 write is good, with each kind of key and in each format, and later as well, without a registry.
func TestCosign(t *testing.T) {
	other := keyOf(t, "p256")
	for _, name := range goldenNames(t) {
		t.Run(name, func(t *testing.T) {
			r := golden(t, name)
			s, key := subjectOf(r), keyOf(t, name)
			evidence, err := cosign.TrustKeys(other, key).Verify(t.Context(), s)
			require.NoError(t, err)
			require.NoError(t, cosign.TrustKeys(key).Recheck(s.Manifest.Digest, evidence))
			assert.Less(t, len(evidence), 4<<10)
			assert.ErrorIs(t, cosign.TrustKeys(key).Recheck(r.Tags["1"], evidence), oci.ErrUnsigned, "it is of another digest")
			assert.ErrorIs(t, cosign.TrustKeys().Recheck(s.Manifest.Digest, evidence), oci.ErrUnsigned)

			_, err = cosign.TrustKeys(wrongKey(t)).Verify(t.Context(), s)
			require.ErrorIs(t, err, oci.ErrUnsigned)
			assert.ErrorContains(t, err, "made with another key")

			s.Index = ocispec.Descriptor{}
			_, err = cosign.TrustKeys(key).Verify(t.Context(), s)
			if strings.HasSuffix(name, "-recursive") {
				assert.NoError(t, err, "the manifest is signed as well")
			} else {
				assert.ErrorIs(t, err, oci.ErrUnsigned)
			}
		})
	}
}

// An attestation says something about a version, and not that it may run.
func TestAttestation(t *testing.T) {
	s := subjectOf(golden(t, "attested"))
	_, err := cosign.TrustKeys(keyOf(t, "p256")).Verify(t.Context(), s)
	require.ErrorIs(t, err, oci.ErrUnsigned)
	assert.ErrorContains(t, err, `an attestation of the type "https://cosign.sigstore.dev/attestation/v1"`)
}

// The same is found in registries, with and without an API for referrers.
func TestRegistries(t *testing.T) {
	for _, kind := range registrytest.Kinds {
		r := registrytest.Start(t, registrytest.Options{Kind: kind, Auth: registrytest.TokenAuth})
		t.Setenv("DOCKER_CONFIG", r.DockerConfig())
		for _, name := range []string{"v2", "v2-referrer", "v3", "v3-recursive"} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				ref, err := registry.ParseReference(r.Host + "/" + name)
				require.NoError(t, err)
				c, err := registry.New(ref, registry.Options{})
				require.NoError(t, err)
				defer c.Close()
				s := subjectOf(golden(t, name))
				upload(t, r, name)
				s.Registry = c
				evidence, err := cosign.TrustKeys(keyOf(t, name)).Verify(t.Context(), s)
				require.NoError(t, err)
				assert.NoError(t, cosign.TrustKeys(keyOf(t, name)).Recheck(s.Manifest.Digest, evidence))
				_, err = cosign.TrustKeys(wrongKey(t)).Verify(t.Context(), s)
				assert.ErrorIs(t, err, oci.ErrUnsigned)
			})
		}
	}
}

// upload pushes a golden repository: blobs, manifests, indexes.
func upload(t testing.TB, r *registrytest.Registry, name string) {
	t.Helper()
	g, to := golden(t, name), r.Repository(name)
	to.SkipReferrersGC = true
	require.NoError(t, to.SetReferrersCapability(true)) // the tags are in the dump
	for _, of := range []func(string) bool{
		func(mediaType string) bool {
			return mediaType != ocispec.MediaTypeImageManifest && mediaType != ocispec.MediaTypeImageIndex
		},
		func(mediaType string) bool { return mediaType == ocispec.MediaTypeImageManifest },
		func(mediaType string) bool { return mediaType == ocispec.MediaTypeImageIndex },
	} {
		for _, d := range slices.Sorted(maps.Keys(g.Content)) {
			var m struct {
				MediaType string `json:"mediaType"`
			}
			_ = json.Unmarshal([]byte(g.Content[d]), &m)
			if of(m.MediaType) {
				push(t, to, g.describe(d), g.Content[d], d.String())
			}
		}
	}
	for tag, d := range g.Tags {
		push(t, to, g.describe(d), g.Content[d], tag)
	}
}

func push(t testing.TB, to *remote.Repository, d ocispec.Descriptor, content, tag string) {
	t.Helper()
	if d.MediaType == ocispec.MediaTypeImageManifest || d.MediaType == ocispec.MediaTypeImageIndex {
		require.NoError(t, to.PushReference(t.Context(), d, strings.NewReader(content), tag))
		return
	}
	require.NoError(t, to.Push(t.Context(), d, bytes.NewReader([]byte(content))))
}
