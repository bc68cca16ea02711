package cosign_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/oci/cosign"
)

func inPEM(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestParsePublicKey(t *testing.T) {
	good, err := os.ReadFile("testdata/p256.pub")
	require.NoError(t, err)
	key, err := cosign.ParsePublicKey(append(good, "\n \n"...))
	require.NoError(t, err)
	assert.Len(t, key.ID(), 16)
	weak, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	private := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED SIGSTORE PRIVATE KEY", Bytes: []byte("x")})
	for text, why := range map[string]string{
		"": "not in PEM", "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3": "not in PEM",
		string(private): `it is a "ENCRYPTED SIGSTORE PRIVATE KEY"`, string(good) + string(good): "more behind it",
		inPEM(t, &weak.PublicKey): "P-224 is too weak", inPEM(t, &short.PublicKey): "RSA of 1024 bits is too weak",
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("rubbish")})): "asn1",
	} {
		_, err := cosign.ParsePublicKey([]byte(text))
		require.ErrorIs(t, err, cosign.ErrKey)
		assert.ErrorContains(t, err, why)
	}
}
