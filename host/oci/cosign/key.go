package cosign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// ErrKey means that a text is no public key for signatures by cosign.
var ErrKey = errors.New("no public key of cosign's: give the file cosign.pub of cosign generate-key-pair, or what cosign public-key prints")

// minRSA is the shortest key that is taken, in bits.
const minRSA = 2048

// A PublicKey verifies signatures. The zero value accepts none.
type PublicKey struct {
	key crypto.PublicKey
	id  string
}

// ParsePublicKey reads a public key as cosign writes it, one in PEM: of ECDSA on P-256, P-384 or P-521, of Ed25519, or of
// RSA with at least 2048 bits. The error wraps ErrKey.
func ParsePublicKey(text []byte) (PublicKey, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return PublicKey{}, fmt.Errorf("%w: it is not in PEM", ErrKey)
	case block.Type != "PUBLIC KEY":
		return PublicKey{}, fmt.Errorf("%w: it is a %.40q", ErrKey, block.Type)
	case len(bytes.TrimSpace(rest)) > 0:
		return PublicKey{}, fmt.Errorf("%w: there is more behind it: give each key in a file of its own", ErrKey)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P224() {
			return PublicKey{}, fmt.Errorf("%w: P-224 is too weak", ErrKey)
		}
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA {
			return PublicKey{}, fmt.Errorf("%w: RSA of %d bits is too weak, %d are the least", ErrKey, k.N.BitLen(), minRSA)
		}
	case ed25519.PublicKey:
	default:
		return PublicKey{}, fmt.Errorf("%w: its kind is unknown", ErrKey)
	}
	sum := sha256.Sum256(block.Bytes)
	return PublicKey{key, hex.EncodeToString(sum[:8])}, nil
}

// ID names the key in messages: the first 16 hexadecimal digits of the SHA-256 of its DER.
func (k PublicKey) ID() string { return k.id }

// verifies reports whether the key has made a signature, by any algorithm that cosign uses with it.
func (k PublicKey) verifies(message, signature []byte) bool {
	sum256, sum384, sum512 := sha256.Sum256(message), sha512.Sum384(message), sha512.Sum512(message)
	switch key := k.key.(type) {
	case *ecdsa.PublicKey:
		// Older versions of cosign take SHA-256 with each curve.
		if ecdsa.VerifyASN1(key, sum256[:], signature) {
			return true
		}
		switch key.Curve {
		case elliptic.P384():
			return ecdsa.VerifyASN1(key, sum384[:], signature)
		case elliptic.P521():
			return ecdsa.VerifyASN1(key, sum512[:], signature)
		}
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum256[:], signature) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature) ||
			ed25519.VerifyWithOptions(key, sum512[:], signature, &ed25519.Options{Hash: crypto.SHA512}) == nil
	}
	return false
}
