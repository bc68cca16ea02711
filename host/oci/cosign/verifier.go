package cosign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/oci"
)

// TrustKeys accepts what one of the keys has signed.
func TrustKeys(keys ...PublicKey) oci.Verifier {
	keys = slices.Clone(keys)
	return TrustKeysFrom(func() []PublicKey { return keys })
}

// TrustKeysFrom is TrustKeys with keys that may change: from is called at each look, from several goroutines. A version that runs
// goes on when its key is gone, until the process ends.
func TrustKeysFrom(from func() []PublicKey) oci.Verifier { return verifier(from) }

type verifier func() []PublicKey

// An evidence is what Verify has found.
type evidence struct {
	Index     []byte `json:"index,omitempty"` // that is signed and lists the manifest, if not that is signed itself
	Payload   []byte `json:"payload,omitempty"`
	Signature []byte `json:"signature,omitempty"` // of Payload
	Bundle    []byte `json:"bundle,omitempty"`
}

// Verify implements oci.Verifier.
func (v verifier) Verify(ctx context.Context, s oci.Subject) ([]byte, error) {
	keys := v()
	var found *evidence
	var wrong []error
	look := func(d ocispec.Descriptor, index []byte) error {
		search := search{registry: s.Registry, images: map[digest.Digest]bool{}, good: func(sig signature) error {
			err := sig.check(keys, d.Digest)
			if err == nil {
				found = newEvidence(sig, index)
			}
			return err
		}}
		_, err := search.run(ctx, d)
		wrong = append(wrong, search.wrong...)
		return err
	}
	if err := look(s.Manifest, nil); err != nil {
		return nil, err
	}
	if found == nil && s.Index.Digest != "" && s.Index.Digest != s.Manifest.Digest {
		if s.Index.Size > maxManifest {
			wrong = append(wrong, fmt.Errorf("the index of %d bytes is too large", s.Index.Size))
		} else if index, err := s.Registry.Fetch(ctx, s.Index); err != nil {
			return nil, err
		} else if !lists(index, s.Manifest.Digest) {
			wrong = append(wrong, errors.New("the index of the version does not list it"))
		} else if err := look(s.Index, index); err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, unsigned(s, keys, wrong)
	}
	return json.Marshal(found)
}

func newEvidence(s signature, index []byte) *evidence {
	if s.bundle != nil {
		return &evidence{Index: index, Bundle: s.bundle}
	}
	return &evidence{Index: index, Payload: s.message, Signature: s.made}
}

// Recheck implements oci.Verifier.
func (v verifier) Recheck(manifest digest.Digest, kept []byte) error {
	var e evidence
	if err := json.Unmarshal(kept, &e); err != nil {
		return fmt.Errorf("%w: the evidence is damaged: %w", oci.ErrUnsigned, err)
	}
	found, err := simple(e.Payload, e.Signature), error(nil)
	if e.Bundle != nil {
		found, err = bundle(e.Bundle)
	}
	about := manifest
	if err == nil && e.Index != nil {
		if about = digest.FromBytes(e.Index); !lists(e.Index, manifest) {
			err = errors.New("the index that is signed does not list it")
		}
	}
	if err == nil {
		err = found.check(v(), about)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", oci.ErrUnsigned, manifest, err)
	}
	return nil
}

// lists reports whether an index has a manifest.
func lists(index []byte, manifest digest.Digest) bool {
	var in ocispec.Index
	return json.Unmarshal(index, &in) == nil && slices.ContainsFunc(in.Manifests, func(d ocispec.Descriptor) bool { return d.Digest == manifest })
}

// unsigned says what was looked for, what is there instead, and what to do.
func unsigned(s oci.Subject, keys []PublicKey, wrong []error) error {
	sign, where := s.Manifest.Digest, s.Manifest.Digest.String()
	if s.Index.Digest != "" && s.Index.Digest != sign {
		sign = s.Index.Digest
		where += " and its index " + sign.String()
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID()
	}
	return fmt.Errorf("v%s of %s is %w (%s): for %s there is %s: sign it with cosign sign --key FILE --recursive %s@%s",
		s.Version, s.Library, oci.ErrUnsigned, strings.Join(ids, ", "), where, instead(wrong), s.Repository, sign)
}

// instead says what is wrong with what was found, each thing once.
func instead(wrong []error) string {
	if len(wrong) == 0 {
		return "no signature"
	}
	var texts []string
	for _, err := range wrong {
		if !slices.Contains(texts, err.Error()) && len(texts) < 3 {
			texts = append(texts, err.Error())
		}
	}
	return fmt.Sprintf("no good signature (%s)", strings.Join(texts, "; "))
}
