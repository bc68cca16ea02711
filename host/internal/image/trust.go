package image

import (
	"fmt"
	"slices"
	"strings"

	"aead.dev/minisign"

	"github.com/hotso/hotso/host/life"
)

// KeyID writes the number of a key as minisign shows it.
func KeyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// readSignature returns nil for a library without a signature.
func readSignature(text []byte) (*life.Signature, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var s minisign.Signature
	if err := s.UnmarshalText(text); err != nil {
		return nil, err
	}
	return &life.Signature{KeyID: KeyID(s.KeyID), Comment: s.TrustedComment}, nil
}

// trust verifies d's signature, whose text is given. The reason is nil if it
// holds, or if no keys are configured.
func (p *Policy) trust(d *Image, payload, text []byte) (reason, cause error, advice string) {
	if !p.Signed {
		return nil, nil, ""
	}
	if d.Signature == nil {
		return life.ErrUnsigned, nil, "sign it with hotso seal --key"
	}
	keys := p.keys()
	known := false
	for _, k := range keys {
		if KeyID(k.ID()) != d.Signature.KeyID {
			continue
		}
		known = true
		if minisign.Verify(k, payload, text) {
			d.Signature.Verified = true
			return nil, nil, ""
		}
	}
	if known {
		return life.ErrUntrusted, fmt.Errorf("the signature was not made with key %s for this manifest", d.Signature.KeyID),
			"it was changed after it was signed: get it again from its author"
	}
	return life.ErrUntrusted, fmt.Errorf("signed with key %s, trusted: %s", d.Signature.KeyID, keyList(keys)),
		"sign it with a trusted key, or trust its key"
}

// keys are those that are trusted now.
func (p *Policy) keys() []minisign.PublicKey {
	if p.MoreKeys == nil {
		return p.Keys
	}
	return slices.Concat(p.Keys, p.MoreKeys())
}

func keyList(keys []minisign.PublicKey) string {
	var ids []string
	for _, k := range keys {
		ids = append(ids, KeyID(k.ID()))
	}
	if ids == nil {
		return "none"
	}
	return strings.Join(ids, ", ")
}
