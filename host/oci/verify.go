package oci

import (
	"context"
	"errors"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/internal/registry"
)

// ErrUnsigned means that a version has no signature that a [Verifier] accepts.
var ErrUnsigned = errors.New("not signed by a key that is trusted here")

// A Verifier says whether a version may run, by what the registry has beside it: signatures, say. [host/oci/cosign] has
// one. Its methods may be called by several followers at a time.
//
// [host/oci/cosign]: https://pkg.go.dev/github.com/hotso/hotso/host/oci/cosign
type Verifier interface {
	// Verify returns nil if the version may run, and what Recheck needs to see that again without the registry, at most 1 MiB. An error
	// that is ErrUnsigned has the version be refused. It is looked at again, less and less often, until the tag moves: a signature comes after
	// what it is about. Other errors are troubles with the registry.
	Verify(ctx context.Context, s Subject) (evidence []byte, err error)
	// Recheck is Verify for a manifest that was verified by an earlier process, perhaps with other keys. It asks nobody.
	Recheck(manifest digest.Digest, evidence []byte) error
}

// A Subject is a version that a Verifier is asked about.
type Subject struct {
	Repository string // REGISTRY/NAME
	Library    string // name
	Version    string
	Manifest   ocispec.Descriptor // for this platform: it leads to the file by digests
	Index      ocispec.Descriptor // of the version, with all its platforms; empty if there is none. Whether it lists Manifest is to be seen
	Registry   Registry
}

// A Registry is what a Verifier may ask: the repository that the version is in.
type Registry interface {
	// Resolve asks what a tag stands for. The error wraps ErrNotFound if there is no such tag.
	Resolve(ctx context.Context, tag string) (ocispec.Descriptor, error)
	// Fetch fetches a manifest or a small blob, and checks its size and digest. The error wraps ErrDamaged if they are others, or if it
	// is larger than 4 MiB.
	Fetch(ctx context.Context, d ocispec.Descriptor) ([]byte, error)
	// Referrers lists the manifests that say they are about d, at most 1000.
	Referrers(ctx context.Context, d ocispec.Descriptor) ([]ocispec.Descriptor, error)
}

// WithVerifier has a version be refused that the verifier does not accept. It is asked before anything is downloaded. Files of earlier
// processes that it does not accept any more are removed from the directory by [New].
func WithVerifier(v Verifier) Option { return func(o *options) { o.verifier = v } }

// verify asks the verifier, if there is one.
func (l *loop) verify(ctx context.Context, c *choice) ([]byte, error) {
	if l.options.verifier == nil {
		return nil, nil
	}
	if signed, ok := l.channel.known(l.options.verifier, c.entry.Descriptor.Digest); ok {
		return signed, nil
	}
	index, err := l.client.VersionIndex(ctx, c.index, c.entry)
	if err != nil {
		return nil, err
	}
	return l.options.verifier.Verify(ctx, Subject{l.ref.WithTag("").String(), c.Library, c.Version, c.entry.Descriptor, index, l.client})
}

// isUnsigned reports whether what the tag stands for was not signed, and is to be looked at again. It counts a poll.
func (l *loop) isUnsigned() bool {
	asked := l.recheck.Swap(false)
	return l.unsigned != nil && (l.unsigned.isOver() || asked)
}

var _ Registry = (*registry.Client)(nil)

// maxRevisit is how many intervals pass at most until a version that is not signed is looked at again. It keeps what that takes,
// about half a dozen requests, to a tenth of a request an interval.
const maxRevisit = 64

// A revisit says when to look again whether what a tag stands for has been signed meanwhile: after as many polls as there were
// since the tag moved. So a signature that came after some time is seen after as long again at most. It knows no clock.
type revisit struct {
	polls int // since the tag moved
	next  int // when to look
	told  string
}

// refused notes that there is no signature yet, and reports whether that is news.
func (r *revisit) refused(err error) bool {
	r.next = r.polls + min(max(r.polls, 1), maxRevisit)
	news := r.told != err.Error()
	r.told = err.Error()
	return news
}

// isOver counts a poll, and reports whether to look.
func (r *revisit) isOver() bool {
	r.polls++
	return r.polls >= r.next
}
