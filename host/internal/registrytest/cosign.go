package registrytest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
)

// A CosignKey signs as cosign does with a key pair; host/oci/cosign/testdata has what cosign itself has written.
type CosignKey struct {
	Public []byte // PEM

	t   testing.TB
	key *ecdsa.PrivateKey
}

// NewCosignKey makes one.
func NewCosignKey(t testing.TB) *CosignKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return &CosignKey{pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), t, key}
}

// File writes the public key to a file.
func (k *CosignKey) File() string {
	path := filepath.Join(k.t.TempDir(), "cosign.pub")
	require.NoError(k.t, os.WriteFile(path, k.Public, 0o644))
	return path
}

// Sign signs any bytes.
func (k *CosignKey) Sign(message []byte) []byte {
	sum := sha256.Sum256(message)
	signature, err := ecdsa.SignASN1(rand.Reader, k.key, sum[:])
	if err != nil {
		panic(err) // not k.t: a fuzzer's target may not use that of the fuzzer
	}
	return signature
}

// Media types of cosign's.
const (
	BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"
	SimpleType = "application/vnd.dev.cosign.simplesigning.v1+json"
)

// Simple is a simple signing payload.
func Simple(repository string, d digest.Digest) []byte {
	return fmt.Appendf(nil, `{"critical":{"identity":{"docker-reference":%q},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":null}`,
		repository, d)
}

// Statement is what a bundle of cosign sign has inside; for another predicate it is an attestation.
func Statement(d digest.Digest, predicate string) []byte {
	return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":%q}}],"predicateType":%q,"predicate":{}}`, d.Encoded(), predicate)
}

// SignPredicate is that of a Statement that is a signature.
const SignPredicate = "https://sigstore.dev/cosign/sign/v1"

// Bundle is one around a Statement.
func (k *CosignKey) Bundle(statement []byte) []byte {
	const payloadType = "application/vnd.in-toto+json"
	made := k.Sign(fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(statement), statement))
	b, err := json.Marshal(map[string]any{"mediaType": BundleType, "verificationMaterial": map[string]any{"publicKey": map[string]any{"hint": "x"}},
		"dsseEnvelope": map[string]any{"payload": statement, "payloadType": payloadType, "signatures": []any{map[string]any{"sig": made}}}})
	if err != nil {
		panic(err)
	}
	return b
}

// AttachBundle has a bundle be a referrer of what has a digest in a repository, as cosign 3 does.
func (r *Registry) AttachBundle(repository string, d digest.Digest, bundle []byte) {
	r.t.Helper()
	repo := r.Repository(repository)
	subject, err := repo.Resolve(r.t.Context(), d.String())
	require.NoError(r.t, err)
	layer := ocispec.Descriptor{MediaType: BundleType, Digest: digest.FromBytes(bundle), Size: int64(len(bundle))}
	r.pushSigned(repo, ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, ArtifactType: BundleType,
		Config: ocispec.DescriptorEmptyJSON, Layers: []ocispec.Descriptor{layer}, Subject: &subject}, bundle, "")
}

// AttachSimple has a payload and its signature be what cosign 2 finds for a digest.
func (r *Registry) AttachSimple(repository string, d digest.Digest, payload, signature []byte) {
	r.t.Helper()
	layer := ocispec.Descriptor{MediaType: SimpleType, Digest: digest.FromBytes(payload), Size: int64(len(payload)),
		Annotations: map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(signature)}}
	config := ocispec.DescriptorEmptyJSON
	config.MediaType = ocispec.MediaTypeImageConfig
	r.pushSigned(r.Repository(repository), ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: config, Layers: []ocispec.Descriptor{layer}}, payload, "sha256-"+d.Encoded()+".sig")
}

func (r *Registry) pushSigned(repo *remote.Repository, m ocispec.Manifest, layer []byte, tag string) {
	r.t.Helper()
	ctx := r.t.Context()
	content, err := json.Marshal(m)
	require.NoError(r.t, err)
	require.NoError(r.t, repo.Push(ctx, m.Config, bytes.NewReader([]byte("{}"))))
	require.NoError(r.t, repo.Push(ctx, m.Layers[0], bytes.NewReader(layer)))
	d := ocispec.Descriptor{MediaType: m.MediaType, Digest: digest.FromBytes(content), Size: int64(len(content)), ArtifactType: m.ArtifactType}
	if tag == "" {
		tag = d.Digest.String()
	}
	require.NoError(r.t, repo.PushReference(ctx, d, bytes.NewReader(content), tag))
}

// Repository is one in the registry, for what only a test pushes.
func (r *Registry) Repository(name string) *remote.Repository {
	repo := &remote.Repository{Reference: registry.Reference{Registry: r.Host, Repository: name}, PlainHTTP: r.Scheme == "http", SkipReferrersGC: true}
	repo.Client = &auth.Client{Client: r.Client(), Credential: func(context.Context, string) (auth.Credential, error) {
		return auth.Credential{Username: r.User, Password: r.Password}, nil
	}}
	return repo
}
