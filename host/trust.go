package host

import (
	"fmt"
	"strings"

	"aead.dev/minisign"

	"github.com/hotso/hotso/host/internal/image"
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

// ID returns the 16 hexadecimal digits that minisign shows for a key. It helps
// people to find the key and proves nothing.
func (k PublicKey) ID() string { return image.KeyID(k.key.ID()) }

// String returns the key as the one line that ParsePublicKey reads.
func (k PublicKey) String() string { return k.key.String() }

// TrustKeys loads only libraries that are signed with one of keys, whatever
// AllowUnsealed says. To change keys without a gap, trust the old and the new
// one, sign with the new, then trust the new one only. Used more than once,
// all keys count; without any key, every library is refused.
//
// What such a library needs (DT_NEEDED), and what that needs in turn, must be the
// system's, in the directories of ldconfig(8), or have the digest that the manifest has
// of it, or be in the process already: else it is ErrNeeded. It is loaded from a private
// copy by the name in its DT_SONAME; DT_RPATH and DT_RUNPATH lead to it once, when it is
// read. This is for Linux with glibc; elsewhere the dynamic linker searches as ever.
func TrustKeys(keys ...PublicKey) Option {
	return func(c *config) {
		c.Image.Signed = true
		for _, k := range keys {
			c.Image.Keys = append(c.Image.Keys, k.key)
		}
	}
}

// TrustKeysFrom is TrustKeys with keys that may change while the process runs, when
// their files are read again, say: f is asked for each library that is judged, also by
// several goroutines at once. It must not deploy. What is loaded already stays.
func TrustKeysFrom(f func() []PublicKey) Option {
	return func(c *config) {
		c.Image.Signed = true
		before := c.Image.MoreKeys
		c.Image.MoreKeys = func() (keys []minisign.PublicKey) {
			if before != nil {
				keys = before()
			}
			for _, k := range f() {
				keys = append(keys, k.key)
			}
			return keys
		}
	}
}
