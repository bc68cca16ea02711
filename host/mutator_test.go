package host_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A mutator makes damaged files of one sound library.
type mutator struct {
	file    []byte
	regions []region // of the file, by what is there
	cuts    []int    // where parts begin or end
	others  [][]byte // sound libraries
	forged  [][]byte // well sealed, and not signed with the key
	buffer  []byte
}

// newMutator signs the library and makes sure that it is sound, so that whatever is
// refused later is refused for the damage.
func newMutator(t *testing.T, path string, key, stranger keyPair) *mutator {
	key.sign(t, path)
	_, err := host.Inspect(path, host.TrustKeys(key.public))
	require.NoError(t, err)
	m := &mutator{file: read(t, path)}
	m.regions, m.cuts = regionsOf(t, m.file)

	s := unseal(t, path)
	unsigned, err := s.Attach(nil)
	require.NoError(t, err)
	strange, err := libbuild.Sign(m.file, stranger.private)
	require.NoError(t, err)
	other := libtest.Build(t, "tiny", "3", libtest.Named("greeter"))
	key.sign(t, other)
	moved, err := s.Attach(unseal(t, other).Signature)
	require.NoError(t, err)
	image := bytes.Clone(s.Image)
	image[textOffset(t, m.file)] ^= 1
	resealed, err := manifest.Seal(image, s.Manifest)
	require.NoError(t, err)
	again, err := manifest.Unseal(resealed)
	require.NoError(t, err)
	patched, err := again.Attach(s.Signature)
	require.NoError(t, err)
	m.others = [][]byte{read(t, other), read(t, libtest.Build(t, "badabi", "2"))}
	m.forged = [][]byte{unsigned, strange, moved, resealed, patched}
	return m
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// mutate returns a file that differs from m.file, valid until the next call, and what
// was done to it.
func (m *mutator) mutate(r *rand.Rand) (class string, file []byte) {
	for {
		m.buffer = append(m.buffer[:0], m.file...)
		switch n := r.IntN(20); {
		case n < 12:
			class = m.damage(r)
		case n < 16:
			class = m.cut(r)
		case n < 18:
			class = m.extend(r)
		case n < 19:
			class = m.transplant(r)
		default:
			class = "forged"
			m.buffer = append(m.buffer[:0], m.forged[r.IntN(len(m.forged))]...)
			if r.IntN(2) == 0 {
				class = "forged and damaged"
				m.damage(r)
			}
		}
		if !bytes.Equal(m.buffer, m.file) {
			return class, m.buffer
		}
	}
}

// damage changes bytes of one to three regions in place.
func (m *mutator) damage(r *rand.Rand) (class string) {
	for range 1 + r.IntN(3)/2 {
		g := m.regions[r.IntN(len(m.regions))]
		class = g.name
		high := min(g.high, len(m.buffer)) // a forged file may be shorter
		if g.low >= high {
			continue
		}
		at := g.low + r.IntN(high-g.low)
		n := min(1+r.IntN(64), high-at)
		b := m.buffer[at : at+n]
		switch r.IntN(8) {
		case 0, 1:
			b[0] ^= 1 << r.IntN(8)
		case 2:
			b[0] = []byte{0, 1, 0x7f, 0x80, 0xff, byte(r.Uint32())}[r.IntN(6)]
		case 3:
			for i := range b {
				b[i] = byte(r.Uint32())
			}
		case 4:
			clear(b)
		case 5:
			for i := range b {
				b[i] = 0xff
			}
		case 6: // from elsewhere in the file
			copy(b, m.file[r.IntN(len(m.file)-n+1):][:n])
		case 7: // add to a little-endian number
			b[0] += byte(1 + r.IntN(255))
		}
	}
	return class
}

// cut removes bytes: at the end, from one byte to nearly all of them, at the borders
// of parts, at the front, or from the middle.
func (m *mutator) cut(r *rand.Rand) string {
	n := len(m.buffer)
	switch r.IntN(6) {
	case 0:
		m.buffer = m.buffer[:r.IntN(n)]
	case 1:
		m.buffer = m.buffer[:min(r.IntN(1<<(1+r.IntN(20))), n-1)]
	case 2:
		m.buffer = m.buffer[:n-1-min(r.IntN(1<<(1+r.IntN(12))), n-1)]
	case 3:
		at := m.cuts[r.IntN(len(m.cuts))] + r.IntN(3) - 1
		m.buffer = m.buffer[:max(0, min(at, n-1))]
	case 4:
		m.buffer = append(m.buffer[:0], m.file[1+r.IntN(n-1):]...)
		return "cut off in front"
	default:
		at := r.IntN(n)
		m.buffer = slices.Delete(m.buffer, at, min(n, at+1+r.IntN(4096)))
		return "a piece is missing"
	}
	return "cut off"
}

// extend adds bytes at the end, in front or in the middle.
func (m *mutator) extend(r *rand.Rand) string {
	more := make([]byte, 1+r.IntN(1<<r.IntN(14)))
	switch r.IntN(4) {
	case 0: // zeros
	case 1:
		for i := range more {
			more[i] = byte(r.Uint32())
		}
	case 2: // another footer, or more than that
		more = m.file[len(m.file)-min(len(m.file), manifest.FooterSize<<r.IntN(4)):]
	case 3: // as a copy that a shorter file was written over
		other := m.others[r.IntN(len(m.others))]
		more = other[r.IntN(len(other)):]
	}
	switch r.IntN(4) {
	case 0:
		m.buffer = slices.Insert(m.buffer, r.IntN(len(m.buffer)), more...)
		return "bytes in the middle"
	case 1:
		m.buffer = slices.Insert(m.buffer, 0, more...)
		return "bytes in front"
	}
	m.buffer = append(m.buffer, more...)
	return "bytes behind"
}

// transplant gives the image the seal of another library, whole or in part, or
// the other way round.
func (m *mutator) transplant(r *rand.Rand) string {
	mine := m.region("payload")
	other := m.others[r.IntN(len(m.others))]
	s, err := manifest.Unseal(other)
	if err != nil {
		panic(err) // it was sound when the test began
	}
	theirs := len(s.Image)
	switch r.IntN(4) {
	case 0:
		m.buffer = append(m.buffer[:mine.low], other[theirs:]...)
	case 1:
		m.buffer = append(append(m.buffer[:0], s.Image...), m.file[mine.low:]...)
	case 2: // only the manifest
		m.buffer = append(append(m.buffer[:mine.low], s.Payload...), m.file[mine.high:]...)
	default: // only the footer
		m.buffer = append(m.buffer[:m.region("footer").low], other[len(other)-manifest.FooterSize:]...)
	}
	return "the seal of another file"
}

func (m *mutator) region(name string) region {
	return m.regions[slices.IndexFunc(m.regions, func(g region) bool { return g.name == name })]
}
