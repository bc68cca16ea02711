package cosign

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/opencontainers/go-digest"
)

// A signature is one that was found. Nothing of it is to be believed until a key has verified it.
type signature struct {
	message []byte // that is signed
	made    []byte // by the key
	// about returns the digests that the message is about. It is called for what was verified only.
	about func() ([]digest.Digest, error)

	bundle []byte // that it was read from; nil if it is of a simple signing payload, which is the message
}

var (
	errOtherKey    = errors.New("made with another key")
	errOtherDigest = errors.New("of another digest")
)

// check wants one of the keys to have signed a digest.
func (s signature) check(keys []PublicKey, d digest.Digest) error {
	for _, k := range keys {
		if !k.verifies(s.message, s.made) {
			continue
		}
		all, err := s.about()
		if err != nil {
			return err
		}
		for _, about := range all {
			if about == d {
				return nil
			}
		}
		return errOtherDigest
	}
	return errOtherKey
}

// simpleType is what a simple signing payload of cosign's says that it is.
const simpleType = "cosign container image signature"

// simple reads a simple signing payload: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
func simple(payload, made []byte) signature {
	return signature{message: payload, made: made, about: func() ([]digest.Digest, error) {
		var p struct {
			Critical struct {
				Type  string `json:"type"`
				Image struct {
					Digest digest.Digest `json:"docker-manifest-digest"`
				} `json:"image"`
			} `json:"critical"`
		}
		if err := json.Unmarshal(payload, &p); err != nil {
			return nil, fmt.Errorf("its payload is damaged: %w", err)
		}
		if p.Critical.Type != simpleType {
			return nil, fmt.Errorf("its payload is a %.40q, want a %q", p.Critical.Type, simpleType)
		}
		return []digest.Digest{p.Critical.Image.Digest}, nil
	}}
}

const (
	bundleType    = "application/vnd.dev.sigstore.bundle.v0.3+json"
	statementMIME = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	signPredicate = "https://sigstore.dev/cosign/sign/v1"
)

// bundle reads a Sigstore bundle with a DSSE envelope: https://github.com/sigstore/protobuf-specs and
// https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
func bundle(content []byte) (signature, error) {
	var b struct {
		MediaType string `json:"mediaType"`
		Envelope  *struct {
			Payload     []byte `json:"payload"`
			PayloadType string `json:"payloadType"`
			Signatures  []struct {
				Sig []byte `json:"sig"`
			} `json:"signatures"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(content, &b); err != nil {
		return signature{}, fmt.Errorf("the bundle is damaged: %w", err)
	}
	e := b.Envelope
	switch {
	case b.MediaType != bundleType:
		return signature{}, fmt.Errorf("the bundle is a %.80q, want a %s", b.MediaType, bundleType)
	case e == nil:
		return signature{}, errors.New("the bundle has no DSSE envelope")
	case e.PayloadType != statementMIME:
		return signature{}, fmt.Errorf("the bundle is of a %.80q, want a %s", e.PayloadType, statementMIME)
	case len(e.Signatures) != 1:
		return signature{}, fmt.Errorf("the bundle has %d signatures, want one", len(e.Signatures))
	}
	message := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(e.Payload), e.Payload)
	about := func() ([]digest.Digest, error) { return statement(e.Payload) }
	return signature{message: message, made: e.Signatures[0].Sig, about: about, bundle: content}, nil
}

// statement reads what cosign sign says in an in-toto statement. One that says something else about an image, as cosign attest
// makes it, is no leave to run it.
func statement(payload []byte) (all []digest.Digest, err error) {
	var s struct {
		Type      string `json:"_type"`
		Predicate string `json:"predicateType"`
		Subject   []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
	}
	if err := json.Unmarshal(payload, &s); err != nil {
		return nil, fmt.Errorf("its statement is damaged: %w", err)
	}
	switch {
	case s.Predicate != signPredicate:
		return nil, fmt.Errorf("it is an attestation of the type %.80q, which is no signature by cosign sign", s.Predicate)
	case s.Type != statementType:
		return nil, fmt.Errorf("its statement is a %.80q, want a %s", s.Type, statementType)
	}
	for _, about := range s.Subject {
		all = append(all, digest.NewDigestFromEncoded(digest.SHA256, about.Digest["sha256"]))
	}
	return all, nil
}
