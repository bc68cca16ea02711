package registry

import (
	"archive/tar"
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/version"
)

const fuzzManifest = `{"schemaVersion":2,"artifactType":"application/vnd.hotso.library.v1","annotations":{"io.github.hotso.key":"ABC"},"layers":[{
"mediaType":"application/vnd.oci.image.layer.v1.tar","size":2048,"digest":"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
"annotations":{"io.github.hotso.file.digest":"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}]}`

// fuzzIndex is one in a rollout, with another one before it.
func fuzzIndex(f *testing.F) []byte {
	entry := func(v string) Entry {
		return Entry{Descriptor: descriptor(ocispec.MediaTypeImageManifest, []byte(v)), Platform: Platform(), Name: "greeter", Version: v}
	}
	p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{10, 100}}, plan.Decision{})
	if err != nil {
		f.Fatal(err)
	}
	before := descriptor(ocispec.MediaTypeImageIndex, []byte("before"))
	_, b, err := (&Index{Entries: []Entry{entry("1")}, Next: []Entry{entry("2")}, Plan: &p}).marshalAfter(&before)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// What is taken from an index can be written again, and names files.
func FuzzParseIndex(f *testing.F) {
	good := fuzzIndex(f)
	for _, text := range []string{string(good), "{}", "null", strings.Replace(string(good), `"1"`, `"../../1"`, 1)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := parseIndex(descriptor(ocispec.MediaTypeImageIndex, b), b)
		if err != nil {
			return
		}
		for _, e := range append(i.Entries, i.Next...) {
			l := Library{Entry: e}
			if name, v, ok := version.ParseFileName(l.FileName()); !ok || name != i.Name() || v.String() != e.Version {
				t.Errorf("%q is no file name of %s v%s", l.FileName(), i.Name(), e.Version)
			}
		}
		_, again, err := i.marshal()
		if err != nil {
			t.Fatal(err)
		}
		j, err := parseIndex(i.Descriptor, again)
		if err != nil {
			t.Fatalf("%v: %s", err, again)
		}
		if len(i.Entries) != len(j.Entries) || len(i.Next) != len(j.Next) || (i.Plan == nil) != (j.Plan == nil) {
			t.Errorf("%+v is %+v when it was written and read", i, j)
		}
	})
}

// What is taken from a manifest can be asked for.
func FuzzParseManifest(f *testing.F) {
	for _, text := range []string{fuzzManifest, "{}", strings.Replace(fuzzManifest, "2048", "9223372036854775807", 1)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseManifest(Entry{Name: "greeter", Version: "1"}, b)
		if err == nil && (l.Layer.Digest.Validate() != nil || l.File.Algorithm() != digest.SHA256 || l.Layer.Size < headerSize) {
			t.Errorf("%+v", l)
		}
	})
}

// A header that is taken is of a file that fills the layer.
func FuzzReadHeader(f *testing.F) {
	const name = "libgreeter.v1.so"
	for _, size := range []int64{0, 1, 511, 512, 1 << 33} {
		var b bytes.Buffer
		if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o755, Format: tar.FormatGNU}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), headerSize+size+trailer(size))
		f.Add(b.Bytes(), int64(math.MaxInt64))
	}
	f.Fuzz(func(t *testing.T, b []byte, layer int64) {
		b = append(b, make([]byte, headerSize)...)[:headerSize]
		if layer < headerSize { // as of parseManifest
			return
		}
		size, err := readHeader(b, layer, name)
		if err == nil && (size < 0 || size > layer-headerSize-1024) {
			t.Errorf("a file of %d in a layer of %d", size, layer)
		}
	})
}
