package cosign_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/oci/cosign"
)

// Nothing that a registry may have makes a version good but what was signed for it, whoever wrote it. The last argument is what a
// signature is around: it was made by the key, for another manifest.
func FuzzVerify(f *testing.F) {
	key := registrytest.NewCosignKey(f)
	trust := cosign.TrustKeys(publicKey(f, key))
	for _, name := range goldenNames(f) {
		for _, text := range golden(f, name).Content {
			f.Add(text, text, "MEUCIQ==")
		}
	}
	f.Fuzz(func(t *testing.T, image, content, signature string) {
		r := newRepository()
		s := r.version("1")
		other := r.version("2").Manifest.Digest
		statement := registrytest.Statement(other, registrytest.SignPredicate)
		r.bundle(s.Manifest, content)
		r.bundle(s.Index, string(key.Bundle(append(statement, content...))))
		r.bundle(s.Index, strings.Replace(string(key.Bundle(statement)), encoded(statement), encoded([]byte(content)), 1))
		payload := registrytest.Simple(content, other)
		r.simple(s.Index.Digest, made{content, []byte(signature)}, made{string(payload), key.Sign(payload)})
		d := r.put(image)
		d.MediaType = ocispec.MediaTypeImageManifest
		r.Tags[strings.Replace(s.Manifest.Digest.String(), ":", "-", 1)+".sig"] = d.Digest
		_, err := trust.Verify(t.Context(), s)
		require.ErrorIs(t, err, oci.ErrUnsigned)
	})
}

// What was kept on disk is no more than that.
func FuzzRecheck(f *testing.F) {
	key := registrytest.NewCosignKey(f)
	trust := cosign.TrustKeys(publicKey(f, key))
	r := newRepository()
	s := r.version("1")
	f.Add([]byte(nil), key.Bundle(registrytest.Statement(s.Index.Digest, registrytest.SignPredicate)), []byte(nil), []byte(nil))
	f.Add([]byte(r.Content[s.Index.Digest]), []byte(nil), []byte("{}"), key.Sign([]byte("{}")))
	f.Fuzz(func(t *testing.T, index, bundle, payload, signature []byte) {
		kept, err := json.Marshal(map[string]string{"index": base64.StdEncoding.EncodeToString(index), "bundle": base64.StdEncoding.EncodeToString(bundle),
			"payload": base64.StdEncoding.EncodeToString(payload), "signature": base64.StdEncoding.EncodeToString(signature)})
		require.NoError(t, err)
		require.ErrorIs(t, trust.Recheck(s.Manifest.Digest, kept), oci.ErrUnsigned)
		require.ErrorIs(t, trust.Recheck(s.Manifest.Digest, bundle), oci.ErrUnsigned)
	})
}

func FuzzParsePublicKey(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.pub")
	require.NoError(f, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := cosign.ParsePublicKey(text)
		if err != nil {
			require.ErrorIs(t, err, cosign.ErrKey)
			return
		}
		require.Len(t, key.ID(), 16)
		require.ErrorIs(t, cosign.TrustKeys(key).Recheck("sha256:0", []byte(`{"payload":"e30=","signature":"e30="}`)), oci.ErrUnsigned)
	})
}
