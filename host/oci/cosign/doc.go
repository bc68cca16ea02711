// Package cosign verifies signatures that cosign(1) has put beside a library in a registry, for hosts that follow a tag with package oci.
//
//	key, err := cosign.ParsePublicKey(pem) // of cosign generate-key-pair
//	...
//	f, err := oci.New("registry.example.com/team/greeter:stable", oci.WithVerifier(cosign.TrustKeys(key)))
//
// # What is to be signed
//
// Either the manifest of the host's platform, or the index of the version, with all its platforms, that lists it. Both are
// signed by the digest that hotso push prints:
//
//	cosign sign --key cosign.key --recursive registry.example.com/team/greeter@sha256:...
//
// and one of them is enough. During a rollout a channel's tag stands for an index that changes with each decision. Nobody
// signs that: the host looks for the index under the version's own tag, and what counts is the signature, not the tag.
//
// # What is read
//
// What cosign 2 and 3 write with a key pair: images of simple signing payloads (sha256-HEX.sig), the same as referrers, and Sigstore
// bundles of an in-toto statement of the type https://sigstore.dev/cosign/sign/v1. Attestations, which are made with the same
// keys, say something about a version, and not that it may run: they do not count. Neither do certificates of Fulcio and entries
// of Rekor, with or without which a signature may come: only the key counts. Keyless signatures are none here, therefore.
//
// As cosign does, the package does not look at the name of the repository in a payload: signatures are copied with what they
// are about, and bundles have no name. A key vouches for a digest wherever that is, so each stage that is to have its own say
// needs its own key.
//
// Sizes and numbers are bounded. Who can write to the registry, and has no key, can have a version be refused, and no more.
package cosign
