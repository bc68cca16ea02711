package image

import (
	"testing"

	"aead.dev/minisign"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/life"
)

// No text passes for a signature but one that the key made.
func FuzzSignature(f *testing.F) {
	public, private, err := minisign.GenerateKey(nil)
	require.NoError(f, err)
	payload := []byte(`{"format":1}`)
	p := Policy{Signed: true, Keys: []minisign.PublicKey{public}}
	f.Add(minisign.SignWithComments(private, []byte("another payload"), "trusted", "untrusted"))
	f.Add([]byte("untrusted comment: x\nRUQ=\ntrusted comment: y\nAA==\n"))
	f.Add([]byte("\n\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := readSignature(text)
		if err != nil || s == nil {
			return
		}
		reason, _, _ := p.trust(&Image{Description: life.Description{Signature: s}}, payload, text)
		require.Equal(t, life.ErrUntrusted, reason)
		require.False(t, s.Verified)
	})
}
