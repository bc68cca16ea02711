package host

import (
	"os"
	"testing"

	"aead.dev/minisign"
	"github.com/stretchr/testify/require"
)

// SourceDir is where go test starts a test binary; TestMain goes elsewhere.
var SourceDir, _ = os.Getwd()

// No text passes for a signature but one that the key made.
func FuzzSignature(f *testing.F) {
	public, private, err := minisign.GenerateKey(nil)
	require.NoError(f, err)
	payload := []byte(`{"format":1}`)
	c := newConfig([]Option{TrustKeys(PublicKey{public})})
	f.Chdir(SourceDir) // the corpus is there
	f.Add(minisign.SignWithComments(private, []byte("another payload"), "trusted", "untrusted"))
	f.Add([]byte("untrusted comment: x\nRUQ=\ntrusted comment: y\nAA==\n"))
	f.Add([]byte("\n\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := readSignature(text)
		if err != nil || s == nil {
			return
		}
		reason, _, _ := c.trust(&Description{Signature: s}, payload, text)
		require.Equal(t, ErrUntrusted, reason)
		require.False(t, s.Verified)
	})
}
