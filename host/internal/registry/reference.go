package registry

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"oras.land/oras-go/v2/registry"
)

// Scheme begins a reference where a directory could be meant as well.
const Scheme = "oci://"

// ErrReference means that a text does not name anything in a registry.
var ErrReference = errors.New("bad reference: want REGISTRY/NAME:TAG, such as registry.example.com/team/greeter:stable")

// A Reference names a repository, and perhaps a tag or digest in it.
type Reference struct {
	Registry   string // host, perhaps with a port
	Repository string // path
	Tag        string // or digest; may be empty
}

// ParseReference reads REGISTRY/NAME, REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST, perhaps with Scheme before it. The
// error wraps ErrReference.
func ParseReference(text string) (Reference, error) {
	r, err := registry.ParseReference(strings.TrimPrefix(text, Scheme))
	if err != nil {
		return Reference{}, fmt.Errorf("%q: %w (%w)", text, ErrReference, err)
	}
	return Reference{r.Registry, r.Repository, r.Reference}, nil
}

// ParseTagged is ParseReference for what needs a tag.
func ParseTagged(text string) (Reference, error) {
	r, err := ParseReference(text)
	switch {
	case err != nil:
		return r, err
	case r.Tag == "":
		return r, fmt.Errorf("%q has no tag: %w", text, ErrReference)
	case strings.Contains(r.Tag, ":"):
		return r, fmt.Errorf("%q has a digest, which never changes: %w", text, ErrReference)
	}
	return r, nil
}

// IsReference reports whether an argument that may be a path as well means a registry: with Scheme, or if what is
// before its first / can only be a host.
func IsReference(text string) bool {
	if strings.HasPrefix(text, Scheme) {
		return true
	}
	host, rest, ok := strings.Cut(text, "/")
	if !ok || rest == "" || host == "" || host[0] == '.' {
		return false
	}
	_, err := ParseReference(text)
	return err == nil && (host == "localhost" || strings.ContainsAny(host, ".:")) && !strings.HasSuffix(text, ".so")
}

// IsTag reports whether a text can be a tag.
func IsTag(text string) bool {
	return (registry.Reference{Reference: text}).ValidateReferenceAsTag() == nil
}

// String is the reference without Scheme.
func (r Reference) String() string {
	s := r.Registry + "/" + r.Repository
	switch {
	case r.Tag == "":
	case strings.Contains(r.Tag, ":"):
		s += "@" + r.Tag
	default:
		s += ":" + r.Tag
	}
	return s
}

// WithTag is the same repository with another tag.
func (r Reference) WithTag(tag string) Reference {
	r.Tag = tag
	return r
}

// isLoopback reports whether the registry is on this machine.
func (r Reference) isLoopback() bool {
	host := r.Registry
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// Tag is the tag of a version. A tag has no +, which stands in front of the build in semantic versions; _ is in none.
func Tag(version string) string { return strings.ReplaceAll(version, "+", "_") }

// VersionOf is the version of a tag.
func VersionOf(tag string) string { return strings.ReplaceAll(tag, "_", "+") }
