package cosign_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/oci"
)

// A repository is one in memory, or one that testdata/make.sh has written. It is an oci.Registry.
type repository struct {
	Tags    map[string]digest.Digest `json:"tags"`
	Content map[digest.Digest]string `json:"content"`
	fetched int
	away    error
}

func newRepository() *repository {
	return &repository{Tags: map[string]digest.Digest{}, Content: map[digest.Digest]string{}}
}

func golden(t testing.TB, name string) *repository {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	r := newRepository()
	require.NoError(t, json.Unmarshal(b, r))
	return r
}

func (r *repository) Resolve(_ context.Context, tag string) (ocispec.Descriptor, error) {
	d, ok := r.Tags[tag]
	if !ok {
		return ocispec.Descriptor{}, oci.ErrNotFound
	}
	return r.describe(d), r.away
}

func (r *repository) describe(d digest.Digest) ocispec.Descriptor {
	var m struct {
		MediaType    string `json:"mediaType"`
		ArtifactType string `json:"artifactType"`
	}
	_ = json.Unmarshal([]byte(r.Content[d]), &m)
	return ocispec.Descriptor{MediaType: m.MediaType, ArtifactType: m.ArtifactType, Digest: d, Size: int64(len(r.Content[d]))}
}

func (r *repository) Fetch(_ context.Context, d ocispec.Descriptor) ([]byte, error) {
	r.fetched++
	content, ok := r.Content[d.Digest]
	switch {
	case !ok:
		return nil, oci.ErrNotFound
	case d.Size != int64(len(content)), digest.FromString(content) != d.Digest:
		return nil, oci.ErrDamaged
	}
	return []byte(content), r.away
}

func (r *repository) Referrers(_ context.Context, d ocispec.Descriptor) (all []ocispec.Descriptor, err error) {
	for _, at := range slices.Sorted(maps.Keys(r.Content)) {
		var m ocispec.Manifest
		if json.Unmarshal([]byte(r.Content[at]), &m) == nil && m.Subject != nil && m.Subject.Digest == d.Digest {
			all = append(all, r.describe(at))
		}
	}
	return all, r.away
}

// put adds content, marshalled if it is no text.
func (r *repository) put(content any, tags ...string) ocispec.Descriptor {
	text, isText := content.(string)
	if !isText {
		b, err := json.Marshal(content)
		if err != nil {
			panic(err)
		}
		text = string(b)
	}
	d := digest.FromString(text)
	r.Content[d] = text
	for _, tag := range tags {
		r.Tags[tag] = d
	}
	return r.describe(d)
}

// version adds an index of a version with a manifest.
func (r *repository) version(text string) oci.Subject {
	m := r.put(ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, Annotations: map[string]string{"v": text}})
	index := r.put(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{m}})
	return oci.Subject{Repository: "registry.example.com/team/greeter", Library: "greeter", Version: text, Manifest: m, Index: index, Registry: r}
}

// bundle adds a bundle that refers to subject.
func (r *repository) bundle(subject ocispec.Descriptor, bundle string) {
	layer := r.put(bundle)
	layer.MediaType, layer.ArtifactType = registrytest.BundleType, ""
	r.put(ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, ArtifactType: registrytest.BundleType, Layers: []ocispec.Descriptor{layer}, Subject: &subject})
}

// A made signature is of a payload.
type made struct {
	payload   string
	signature []byte
}

// simple has payloads and signatures be found under the tag of a digest.
func (r *repository) simple(d digest.Digest, all ...made) {
	m := ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest}
	for _, s := range all {
		layer := r.put(s.payload)
		layer.MediaType = registrytest.SimpleType
		layer.Annotations = map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(s.signature)}
		m.Layers = append(m.Layers, layer)
	}
	r.put(m, strings.Replace(d.String(), ":", "-", 1)+".sig")
}
