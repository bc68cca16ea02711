package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotso/hotso/cabi/abi"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

const testImage = "\x7fELF stands for a library\x00"

func testManifest() *Manifest {
	return &Manifest{
		Name: "greeter", Version: "2.1.0", ABI: 1, Go: "go1.26.0", OS: "linux", Arch: "amd64",
		Functions: []Function{
			{"GreetName", "func(name string) (string, error)"},
			{"Add", "func(a int32, b int32) int32"},
			{"Greet", "func() cstring"},
		},
		Exclusive: true, Needed: []string{"libc.so.6", "libz.so"}, RunPath: "$ORIGIN/lib",
		Libraries: []Library{{"libz.so", strings.Repeat("0b", 32)}, {"libbz.so", strings.Repeat("0a", 32)}},
	}
}

func sealed(t testing.TB) []byte {
	file, err := Seal([]byte(testImage), testManifest())
	require.NoError(t, err)
	return file
}

// testSignature looks like one; this package does not verify it.
const testSignature = `untrusted comment: hotso
RURXA4Ohpzmrs5gvePo0i7GSDhEAGpYYuPCUx756KD5nlc/tixgx7n3OyBxqV74X1vzdLQyt7mrcreC82yFbY8XKWc4ueSB86Qs=
trusted comment: greeter 2.1.0
apbcqJJ64C7dzI5k26hsJhKNJXsJFz35cesILFqGWEca97yAGTlPZ+DYU+DUByc0t1lJkDbcdOuvcOl9mT1KDw==
`

func signed(t testing.TB) []byte {
	s, err := Unseal(sealed(t))
	require.NoError(t, err)
	file, err := s.Attach([]byte(testSignature))
	require.NoError(t, err)
	return file
}

// withPayload is image, payload and a footer that fits the payload, whatever that is.
func withPayload(image, payload string) []byte {
	var footer [FooterSize]byte
	copy(footer[:], FooterMagic)
	binary.LittleEndian.PutUint64(footer[16:], uint64(len(payload)))
	sum := sha256.Sum256([]byte(payload))
	copy(footer[24:], sum[:])
	return []byte(image + payload + string(footer[:]))
}

func TestSealAndUnseal(t *testing.T) {
	m := testManifest()
	file, err := Seal([]byte(testImage), m)
	require.NoError(t, err)
	s, err := Unseal(file)
	require.NoError(t, err)
	image, got := s.Image, s.Manifest
	assert.Equal(t, testImage, string(image))
	assert.Equal(t, m, got)
	assert.Equal(t, Format, got.Format)
	assert.EqualValues(t, len(testImage), got.Image.Size)

	f, ok := got.Function("Greet")
	assert.True(t, ok)
	assert.Equal(t, Function{"Greet", "func() cstring"}, f)
	_, ok = got.Function("Gree")
	assert.False(t, ok)
	l, ok := got.Library("libz.so")
	assert.True(t, ok)
	assert.Equal(t, strings.Repeat("0b", 32), l.SHA256)
	_, ok = got.Library("libc.so.6")
	assert.False(t, ok)
}

func TestUnsealedImageCannotGrowIntoTheSeal(t *testing.T) {
	file := sealed(t)
	before := string(file)
	s, err := Unseal(file)
	require.NoError(t, err)
	_ = append(s.Image, "overwritten"...)
	assert.Equal(t, before, string(file))
}

func TestSealOfNothing(t *testing.T) {
	file, err := Seal(nil, &Manifest{Name: "empty", Version: "1"})
	require.NoError(t, err)
	s, err := Unseal(file)
	require.NoError(t, err)
	assert.Empty(t, s.Image)
	assert.Empty(t, s.Manifest.Functions)
	assert.Empty(t, s.Signature)
}

// TestGolden fails when a change of the format makes files of earlier builds unreadable.
func TestGolden(t *testing.T) {
	for name, file := range map[string][]byte{"sealed.golden": sealed(t), "signed.golden": signed(t)} {
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, file, 0o644))
		}
		golden, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(golden), string(file))
		s, err := Unseal(golden)
		require.NoError(t, err)
		assert.Equal(t, "2.1.0", s.Manifest.Version)
	}
}

func TestAttach(t *testing.T) {
	s, err := Unseal(sealed(t))
	require.NoError(t, err)
	again, err := s.Attach(nil)
	require.NoError(t, err)
	assert.Equal(t, sealed(t), again)

	want, err := Unseal(signed(t))
	require.NoError(t, err)
	assert.Equal(t, testSignature, string(want.Signature))
	assert.Equal(t, s.Payload, want.Payload)
	again, err = want.Attach(nil) // taken off again
	require.NoError(t, err)
	assert.Equal(t, sealed(t), again)

	_, err = s.Attach(make([]byte, MaxSignature+1))
	assert.ErrorContains(t, err, "more than 4096")
}

func TestUnsealRefusesEveryFlippedBit(t *testing.T) {
	file := signed(t)
	for bit := range len(file) * 8 {
		file[bit/8] ^= 1 << (bit % 8)
		_, err := Unseal(file)
		requireRefused(t, err, "bit %d of byte %d", bit%8, bit/8)
		file[bit/8] ^= 1 << (bit % 8)
	}
	_, err := Unseal(file)
	require.NoError(t, err)
}

func TestUnsealRefusesMissingAndAddedBytes(t *testing.T) {
	file := signed(t)
	for n := range len(file) {
		_, err := Unseal(file[:n])
		require.ErrorIs(t, err, ErrNoSeal, "cut to %d bytes", n)
		_, err = Unseal(file[n+1:])
		requireRefused(t, err, "without the first %d bytes", n+1)
	}
	for _, more := range []string{"\x00", "\n", strings.Repeat("\x00", FooterSize)} {
		_, err := Unseal(append(sealed(t), more...))
		require.ErrorIs(t, err, ErrNoSeal, "%q appended", more)
		_, err = Unseal(append([]byte(more), file...))
		require.ErrorIs(t, err, ErrSeal, "%q in front", more)
	}
	_, err := Unseal(append(file, file...))
	require.ErrorIs(t, err, ErrSeal, "two files in one")
}

func TestUnsealRefusesManifests(t *testing.T) {
	file := sealed(t)
	payload := string(file[len(testImage) : len(file)-FooterSize])
	_, err := Unseal(withPayload(testImage, payload))
	require.NoError(t, err, "the test's own footer")
	for what, bad := range map[string]string{
		"nothing":              "",
		"not JSON":             "{",
		"null":                 "null",
		"a bracket behind it":  payload + "}",
		"a second one":         payload + payload,
		"white space":          payload + "\n",
		"a field twice":        strings.Replace(payload, `{"format"`, `{"name":"x","format"`, 1),
		"a field in capitals":  strings.Replace(payload, `"name"`, `"NAME"`, 1),
		"an escaped letter":    strings.Replace(payload, `"greeter"`, `"\u0067reeter"`, 1),
		"an unknown field":     strings.Replace(payload, `"name"`, `"nom"`, 1),
		"another format":       strings.Replace(payload, `"format":3`, `"format":1`, 1),
		"no version":           strings.Replace(payload, `"2.1.0"`, `""`, 1),
		"a NUL in the name":    strings.Replace(payload, `"greeter"`, `"g\u0000"`, 1),
		"a long name":          strings.Replace(payload, `"greeter"`, `"`+strings.Repeat("x", abi.MaxName+1)+`"`, 1),
		"functions not sorted": strings.Replace(payload, `"Add"`, `"Z"`, 1),
		"a function twice":     strings.Replace(payload, `"Greet"`, `"Add"`, 1),
		"a function's name":    strings.Replace(payload, `"Add"`, `"A\u001b"`, 1),
		"a nameless function":  strings.Replace(payload, `"Add"`, `""`, 1),
		"a bad signature":      strings.Replace(payload, "func() cstring", "func() int", 1),
		"needed left out":      strings.Replace(payload, `"needed":["libc.so.6","libz.so"],`, "", 1),
		"an empty run path":    strings.Replace(payload, `"$ORIGIN/lib"`, `""`, 1),
		"libraries not sorted": strings.Replace(payload, `"libbz.so"`, `"libzz.so"`, 1),
		"a library twice":      strings.Replace(payload, `"libbz.so"`, `"libz.so"`, 1),
		"a library's digest":   strings.Replace(payload, `"0a0a`, `"0a`, 1),
		"another size":         strings.Replace(payload, `"size":26`, `"size":27`, 1),
		"another digest":       strings.Replace(payload, `"sha256":"`, `"sha256":"0`, 1),
	} {
		require.NotEqual(t, payload, bad, what)
		_, err := Unseal(withPayload(testImage, bad))
		assert.ErrorIs(t, err, ErrSeal, what)
	}
}

func TestUnsealRefusesFooters(t *testing.T) {
	for _, at := range []int{payloadSize, signatureSize} {
		for _, n := range []uint64{uint64(len(sealed(t))), MaxPayload + 1, math.MaxInt64 + 1, math.MaxUint64} {
			file := sealed(t)
			binary.LittleEndian.PutUint64(file[len(file)-FooterSize+at:], n)
			_, err := Unseal(file)
			assert.ErrorIs(t, err, ErrSeal, "%d at %d", n, at)
		}
	}
	// The digest covers both, so it does not see where one ends.
	file := signed(t)
	footer := file[len(file)-FooterSize:]
	for _, move := range []int{-1, 1} {
		f := append(slices.Clone(file[:len(file)-FooterSize]), footer...)
		g := f[len(f)-FooterSize:]
		binary.LittleEndian.PutUint64(g[payloadSize:], uint64(int(binary.LittleEndian.Uint64(footer[payloadSize:]))+move))
		binary.LittleEndian.PutUint64(g[signatureSize:], uint64(len(testSignature)-move))
		_, err := Unseal(f)
		assert.ErrorIs(t, err, ErrSeal, "moved by %d", move)
	}
}

func TestSealRefuses(t *testing.T) {
	for what, spoil := range map[string]func(*Manifest){
		"no name":          func(m *Manifest) { m.Name = "" },
		"not UTF-8":        func(m *Manifest) { m.Version = "\xff" },
		"a function twice": func(m *Manifest) { m.Functions[1].Name = "Greet" },
		"a bad signature":  func(m *Manifest) { m.Functions[0].Signature = "func" },
	} {
		m := testManifest()
		spoil(m)
		_, err := Seal([]byte(testImage), m)
		assert.Error(t, err, what)
	}
	m := testManifest()
	m.Go = strings.Repeat("x", MaxPayload)
	_, err := Seal(nil, m)
	assert.ErrorContains(t, err, "more than")
}

// requireRefused requires err to be one of the two reasons that callers know.
func requireRefused(t *testing.T, err error, format string, args ...any) {
	t.Helper()
	if !errors.Is(err, ErrNoSeal) && !errors.Is(err, ErrSeal) {
		require.Failf(t, "not refused", format+": %v", append(args, err)...)
	}
}

func FuzzUnseal(f *testing.F) {
	file := sealed(f)
	f.Add(file)
	f.Add(signed(f))
	f.Add(file[:len(file)-1])
	f.Add(file[len(file)-FooterSize:])
	f.Fuzz(checkUnseal)
}

// FuzzManifest gets past the footer's digest, which FuzzUnseal hardly does.
func FuzzManifest(f *testing.F) {
	file := sealed(f)
	f.Add(string(file[len(testImage) : len(file)-FooterSize]))
	f.Add("{}")
	f.Fuzz(func(t *testing.T, payload string) {
		checkUnseal(t, withPayload(testImage, payload))
	})
}

// checkUnseal: a file is refused for a known reason, or can be sealed again as it was.
func checkUnseal(t *testing.T, file []byte) {
	s, err := Unseal(file)
	seal, sealErr := ReadSeal(bytes.NewReader(file), int64(len(file)))
	if sealErr != nil {
		requireRefused(t, sealErr, "%d bytes", len(file))
		require.Error(t, err)
	}
	if err != nil {
		requireRefused(t, err, "%d bytes", len(file))
		return
	}
	require.Equal(t, s.Manifest, seal.Manifest)
	require.Equal(t, string(s.Payload)+string(s.Signature), string(seal.Payload)+string(seal.Signature))
	again, err := Seal(slices.Clone(s.Image), s.Manifest)
	require.NoError(t, err)
	unsigned, err := Unseal(again)
	require.NoError(t, err)
	again, err = unsigned.Attach(s.Signature)
	require.NoError(t, err)
	require.Equal(t, file, again)
	s2, err := Unseal(again)
	require.NoError(t, err)
	require.Equal(t, s, s2)
}
