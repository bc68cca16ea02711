package host

import (
	"fmt"
	"strings"

	"aead.dev/minisign"
)

// A PublicKey verifies signatures of libraries. Its text is that of minisign
// (https://jedisct1.github.io/minisign/), as hotso keygen and minisign -G
// write it.
type PublicKey struct{ key minisign.PublicKey }

// ParsePublicKey reads a public key: the content of a .pub file, or only the
// line of it that begins with RW.
func ParsePublicKey(text string) (PublicKey, error) {
	var k PublicKey
	if err := k.key.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
		return PublicKey{}, fmt.Errorf("%w: give the .pub file of hotso keygen or minisign -G", err)
	}
	return k, nil
}

// ID returns the 16 hexadecimal digits that minisign shows of a key. It helps
// people to find the key and proves nothing.
func (k PublicKey) ID() string { return keyID(k.key.ID()) }

// String returns the key as the one line that ParsePublicKey reads.
func (k PublicKey) String() string { return k.key.String() }

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// TrustKeys loads only libraries that are signed with one of keys, whatever
// AllowUnsealed says. To change keys without a gap, trust the old and the new
// one, sign with the new, then trust the new one only. Used more than once,
// all keys count; without any key, every library is refused.
func TrustKeys(keys ...PublicKey) Option {
	return func(c *config) { c.signed, c.keys = true, append(c.keys, keys...) }
}

// A Signature is what a library says of who signed it.
type Signature struct {
	KeyID    string `json:"key_id"`   // as PublicKey.ID
	Comment  string `json:"comment"`  // minisign's trusted comment
	Verified bool   `json:"verified"` // with a key of TrustKeys; else all of this is hearsay
}

// readSignature returns nil for a library without a signature.
func readSignature(text []byte) (*Signature, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var s minisign.Signature
	if err := s.UnmarshalText(text); err != nil {
		return nil, err
	}
	return &Signature{KeyID: keyID(s.KeyID), Comment: s.TrustedComment}, nil
}

// trust verifies d's signature, whose text is given. The reason is nil if it
// holds, or if no keys are configured.
func (c *config) trust(d *Description, payload, text []byte) (reason, cause error, advice string) {
	if !c.signed {
		return nil, nil, ""
	}
	if d.Signature == nil {
		return ErrUnsigned, nil, "sign it with hotso seal --key"
	}
	known := false
	for _, k := range c.keys {
		if k.ID() != d.Signature.KeyID {
			continue
		}
		known = true
		if minisign.Verify(k.key, payload, text) {
			d.Signature.Verified = true
			return nil, nil, ""
		}
	}
	if known {
		return ErrUntrusted, fmt.Errorf("the signature was not made with key %s for this manifest", d.Signature.KeyID),
			"it was changed after it was signed: get it again from its author"
	}
	return ErrUntrusted, fmt.Errorf("signed with key %s, trusted: %s", d.Signature.KeyID, c.keyList()),
		"sign it with a trusted key, or trust its key"
}

func (c *config) keyList() string {
	var ids []string
	for _, k := range c.keys {
		ids = append(ids, k.ID())
	}
	if ids == nil {
		return "none"
	}
	return strings.Join(ids, ", ")
}
