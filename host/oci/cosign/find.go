package cosign

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/oci"
)

// Bounds. What cosign writes has a few kilobytes.
const (
	maxManifest  = 256 << 10 // bytes
	maxSignature = 64 << 10  // bytes of a payload or bundle
	maxFetches   = 200       // for a digest: of an image of signatures, and of each of them
)

const (
	simpleMIME          = "application/vnd.dev.cosign.simplesigning.v1+json"
	signatureAnnotation = "dev.cosignproject.cosign/signature" // of a layer of simpleMIME: base64
	emptyMIME           = "application/vnd.oci.empty.v1+json"
	imageMIME           = "application/vnd.dev.cosign.artifact.sig.v1+json" // artifact type of an image of simpleMIME that is a referrer
)

// A search looks for signatures of one digest, until one is good.
type search struct {
	registry oci.Registry
	good     func(signature) error  // nil: it is
	images   map[digest.Digest]bool // that were looked at
	fetches  int
	wrong    []error // with what was found
}

// run reports whether there is a good one. An error is of the registry.
func (s *search) run(ctx context.Context, subject ocispec.Descriptor) (bool, error) {
	referrers, err := s.registry.Referrers(ctx, subject)
	if err != nil {
		return false, err
	}
	for _, d := range referrers {
		if !mayBeSignature(d) {
			continue
		}
		if ok, err := s.image(ctx, d); ok || err != nil {
			return ok, err
		}
	}
	d, err := s.registry.Resolve(ctx, strings.Replace(subject.Digest.String(), ":", "-", 1)+".sig")
	if errors.Is(err, oci.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return s.image(ctx, d)
}

// mayBeSignature reports whether a referrer is worth a look. Registries differ in what they say about its type: some have that of the config.
func mayBeSignature(d ocispec.Descriptor) bool {
	switch d.ArtifactType {
	case bundleType, imageMIME, emptyMIME, "":
		return d.MediaType == ocispec.MediaTypeImageManifest
	}
	return false
}

// image looks at the layers of an image.
func (s *search) image(ctx context.Context, d ocispec.Descriptor) (bool, error) {
	if s.images[d.Digest] {
		return false, nil
	}
	s.images[d.Digest] = true
	content, err := s.fetch(ctx, d, maxManifest)
	if content == nil || err != nil {
		return false, err
	}
	var m ocispec.Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		s.reject(errors.New("an image of signatures is no JSON"))
		return false, nil
	}
	for _, layer := range m.Layers {
		if layer.MediaType != simpleMIME && layer.MediaType != bundleType {
			continue
		}
		if ok, err := s.layer(ctx, layer); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (s *search) layer(ctx context.Context, layer ocispec.Descriptor) (bool, error) {
	content, err := s.fetch(ctx, layer, maxSignature)
	if content == nil || err != nil {
		return false, err
	}
	found, err := signatureOf(layer, content)
	if err == nil {
		err = s.good(found)
	}
	if err != nil {
		s.reject(err)
		return false, nil
	}
	return true, nil
}

func signatureOf(layer ocispec.Descriptor, content []byte) (signature, error) {
	if layer.MediaType == bundleType {
		return bundle(content)
	}
	made, err := base64.StdEncoding.DecodeString(layer.Annotations[signatureAnnotation])
	if err != nil || len(made) == 0 {
		return signature{}, errors.New("its annotation is no signature in base64")
	}
	return simple(content, made), nil
}

// fetch returns nil for what is damaged, too large or gone: that is no signature.
func (s *search) fetch(ctx context.Context, d ocispec.Descriptor, limit int64) ([]byte, error) {
	switch s.fetches++; {
	case s.fetches > maxFetches:
		s.reject(errors.New("there is more than is looked at"))
		return nil, nil
	case d.Size > limit:
		s.reject(fmt.Errorf("one of %d bytes is too large", d.Size))
		return nil, nil
	}
	content, err := s.registry.Fetch(ctx, d)
	switch {
	case errors.Is(err, oci.ErrNotFound):
		s.reject(errors.New("one is gone"))
		return nil, nil
	case errors.Is(err, oci.ErrDamaged):
		s.reject(errors.New("one is not what its digest says"))
		return nil, nil
	}
	return content, err
}

func (s *search) reject(err error) { s.wrong = append(s.wrong, err) }
