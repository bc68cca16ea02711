package registry_test

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
)

// An index that is no good is refused, and nothing in it becomes a path.
func TestHostileIndexes(t *testing.T) {
	f := newFake(t, false)
	c := f.client()
	good := entry(some(), "greeter", "1")
	with := func(change func(*ocispec.Descriptor)) ocispec.Descriptor {
		d := good
		d.Annotations = map[string]string{"io.github.hotso.library": "greeter", "io.github.hotso.version": "1"}
		change(&d)
		return d
	}
	f.put("good", index(good))
	_, err := c.Index(t.Context(), "good")
	require.NoError(t, err)
	rollout := func(change func(*plan.Plan)) string {
		p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{10, 100}}, plan.Decision{Time: time.Now()})
		require.NoError(t, err)
		change(&p)
		return text(p)
	}
	next := with(func(d *ocispec.Descriptor) {
		d.Annotations["io.github.hotso.version"], d.Annotations["io.github.hotso.role"] = "2", "candidate"
	})
	f.put("good", indexWith(rollout(func(*plan.Plan) {}), good, next))
	_, err = c.Index(t.Context(), "good")
	require.NoError(t, err)

	for name, bad := range map[string]string{
		"no JSON":        "{",
		"null":           "null",
		"list":           "[]",
		"deep":           strings.Repeat(`{"manifests":[`, 20_000),
		"image":          text(map[string]any{"schemaVersion": 2, "manifests": []any{good}}),
		"empty":          index(),
		"name":           index(entry(some(), "../../greeter", "1")),
		"no name":        index(entry(some(), "", "1")),
		"version":        index(entry(some(), "greeter", "../../1")),
		"path":           index(entry(some(), "greeter", "1.0.0-a/../../b")),
		"v":              index(entry(some(), "greeter", "v1")),
		"libraries":      index(good, entry(some(), "other", "1")),
		"versions":       index(good, entry(some(), "greeter", "2")),
		"digest":         index(with(func(d *ocispec.Descriptor) { d.Digest = "../../x" })),
		"no digest":      index(with(func(d *ocispec.Descriptor) { d.Digest = "" })),
		"size":           strings.Replace(index(good), `"size":1`, `"size":1e400`, 1),
		"candidate":      index(good, next),
		"plan":           indexWith("{", good, next),
		"large plan":     indexWith(rollout(func(p *plan.Plan) { p.Decision.Why = strings.Repeat("x", 20_000) }), good, next),
		"no steps":       indexWith(rollout(func(p *plan.Plan) { p.Steps = nil }), good, next),
		"steps":          indexWith(rollout(func(p *plan.Plan) { p.Steps = []float64{math.MaxFloat64} }), good, next),
		"step":           indexWith(rollout(func(p *plan.Plan) { p.Step = math.MaxInt }), good, next),
		"negative step":  indexWith(rollout(func(p *plan.Plan) { p.Step = -1 }), good, next),
		"bake":           indexWith(rollout(func(p *plan.Plan) { p.Bake = math.MinInt64 }), good, next),
		"state":          indexWith(rollout(func(p *plan.Plan) { p.State = "" }), good, next),
		"other version":  indexWith(rollout(func(p *plan.Plan) { p.Version = "3" }), good, next),
		"other base":     indexWith(rollout(func(p *plan.Plan) { p.Base = "0" }), good, next),
		"no candidate":   indexWith(rollout(func(*plan.Plan) {}), good),
		"year":           indexWith(strings.Replace(rollout(func(*plan.Plan) {}), `"since":"2`, `"since":"99992`, 1), good, next),
		"previous alone": index(with(func(d *ocispec.Descriptor) { d.Annotations["io.github.hotso.role"] = "previous" })),
	} {
		f.put("bad", bad)
		_, err := c.Index(t.Context(), "bad")
		if assert.Error(t, err, name) {
			assert.True(t, isOne(err, registry.ErrNoLibrary, plan.ErrBadPlan), "%s: %v", name, err)
			assert.Less(t, len(err.Error()), 1000, name)
		}
	}

	var all []ocispec.Descriptor
	for range 4000 {
		all = append(all, with(func(d *ocispec.Descriptor) { d.Platform = &ocispec.Platform{OS: "plan9", Architecture: "mips"} }))
	}
	f.put("many", index(all...))
	i, err := c.Index(t.Context(), "many")
	require.NoError(t, err)
	_, err = registry.For(i.Entries, registry.Platform())
	require.ErrorIs(t, err, registry.ErrPlatform)
	assert.Less(t, len(err.Error()), 1000, "thousands of platforms are not listed")
	f.put("toomany", index(slices.Repeat(all, 4)...))
	_, err = c.Index(t.Context(), "toomany")
	require.ErrorIs(t, err, registry.ErrDamaged)
	f.put("type", index(good), "text/html")
	_, err = c.Index(t.Context(), "type")
	require.ErrorIs(t, err, registry.ErrNoLibrary)
}

// The same for manifests.
func TestHostileManifests(t *testing.T) {
	f := newFake(t, false)
	c := f.client()
	file := digest.FromString("file")
	layer := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: digest.FromString("layer"), Size: 2048}
	with := func(change func(*ocispec.Descriptor)) string {
		d := layer
		change(&d)
		return library(d, file)
	}
	get := func(text string) error {
		d := f.put("manifest", text, ocispec.MediaTypeImageManifest)
		f.put("bad", index(entry(d, "greeter", "1")))
		i, err := c.Index(t.Context(), "bad")
		require.NoError(t, err)
		_, err = c.Library(t.Context(), i.Entries[0])
		return err
	}
	require.NoError(t, get(library(layer, file)))
	for name, bad := range map[string]string{
		"no JSON":     "{",
		"index":       index(entry(some(), "greeter", "1")),
		"image":       text(ocispec.Manifest{Layers: []ocispec.Descriptor{layer}}),
		"no layer":    text(map[string]any{"artifactType": registry.ArtifactType}),
		"two layers":  strings.Replace(library(layer, file), `"layers":[`, `"layers":[{},`, 1),
		"type":        with(func(d *ocispec.Descriptor) { d.MediaType = ocispec.MediaTypeImageLayerGzip }),
		"digest":      with(func(d *ocispec.Descriptor) { d.Digest = "sha256:../../x" }),
		"SHA-512":     with(func(d *ocispec.Descriptor) { d.Digest = digest.SHA512.FromString("layer") }),
		"small":       with(func(d *ocispec.Descriptor) { d.Size = 511 }),
		"negative":    with(func(d *ocispec.Descriptor) { d.Size = math.MinInt64 }),
		"file digest": library(layer, "../../x"),
		"no file":     library(layer, ""),
	} {
		assert.ErrorIs(t, get(bad), registry.ErrNoLibrary, name)
	}
	// A manifest alone has a config, which is no more to be trusted.
	for name, config := range map[string]any{
		"digest": map[string]any{"mediaType": ocispec.MediaTypeImageConfig, "digest": "x", "size": 1},
		"none":   nil,
		"size":   map[string]any{"mediaType": ocispec.MediaTypeImageConfig, "digest": file, "size": -1},
		"huge":   map[string]any{"mediaType": ocispec.MediaTypeImageConfig, "digest": file, "size": math.MaxInt64},
	} {
		f.put("alone", text(map[string]any{"schemaVersion": 2, "artifactType": registry.ArtifactType, "config": config,
			"annotations": map[string]string{"io.github.hotso.library": "greeter", "io.github.hotso.version": "1"}}), ocispec.MediaTypeImageManifest)
		_, err := c.Index(t.Context(), "alone")
		assert.Error(t, err, name)
	}
}

func isOne(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// block is a header of tar.
func block(t testing.TB, h tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, tar.NewWriter(&b).WriteHeader(&h))
	return b.Bytes()
}

// A layer has the one file that its manifest says, or is refused for good: its digest is right, so it stays as it is.
func TestHostileLayers(t *testing.T) {
	f := newFake(t, false)
	c := f.client()
	const name = "libgreeter.v1.so"
	content := bytes.Repeat([]byte("x"), 1000)
	end := make([]byte, 24+1024)
	reg := tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 1000, Mode: 0o755}
	change := func(change func(*tar.Header)) []byte { h := reg; change(&h); return block(t, h) }
	layer := func(header []byte) []byte { return bytes.Join([][]byte{header, content, end}, nil) }
	number := func(size uint64) []byte { // as GNU tar writes those that are too large for octal digits
		b := block(t, reg)
		clear(b[124:136])
		b[124] = 0x80
		for i := range 8 {
			b[135-i] = byte(size >> (8 * i))
		}
		sum := 0
		copy(b[148:156], "        ")
		for _, v := range b[:512] {
			sum += int(v)
		}
		copy(b[148:156], []byte{'0' + byte(sum>>15&7), '0' + byte(sum>>12&7), '0' + byte(sum>>9&7), '0' + byte(sum>>6&7), '0' + byte(sum>>3&7), '0' + byte(sum&7), 0, ' '})
		return b
	}
	get := func(content []byte) (int64, error) {
		d := f.put("manifest", library(f.blob(string(content)), digest.FromBytes(content[512:min(1512, len(content))])), ocispec.MediaTypeImageManifest)
		l, err := c.Library(t.Context(), registry.Entry{Descriptor: d, Name: "greeter", Version: "1"})
		require.NoError(t, err)
		return download(t, c, l)
	}
	_, err := get(layer(block(t, reg)))
	require.NoError(t, err)
	_, err = get(layer(number(1000)))
	require.NoError(t, err)
	for what, bad := range map[string][]byte{
		"no tar":    layer(make([]byte, 512)),
		"garbage":   layer(bytes.Repeat([]byte{0xff}, 512)),
		"name":      layer(change(func(h *tar.Header) { h.Name = "libgreeter.v2.so" })),
		"path":      layer(change(func(h *tar.Header) { h.Name = "../../" + name })),
		"absolute":  layer(change(func(h *tar.Header) { h.Name = "/" + name })),
		"directory": layer(change(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeDir, 0 })),
		"link":      layer(change(func(h *tar.Header) { h.Typeflag, h.Size, h.Linkname = tar.TypeSymlink, 0, "/etc/passwd" })),
		"hard link": layer(change(func(h *tar.Header) { h.Typeflag, h.Size, h.Linkname = tar.TypeLink, 0, "/etc/passwd" })),
		"device":    layer(change(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeChar, 0 })),
		"PAX": layer(change(func(h *tar.Header) {
			h.PAXRecords = map[string]string{"HOTSO.x": "1"}
			h.Format = tar.FormatPAX
		})),
		"long name":   layer(change(func(h *tar.Header) { h.Name = strings.Repeat("x", 300) })),
		"sparse":      layer(append(append(append([]byte{}, block(t, reg)[:156]...), 'S'), block(t, reg)[157:]...)),
		"small":       layer(change(func(h *tar.Header) { h.Size = 999 })),
		"empty":       layer(change(func(h *tar.Header) { h.Size = 0 })),
		"large":       layer(change(func(h *tar.Header) { h.Size = 5000 })),
		"overflow":    layer(number(math.MaxInt64)),
		"negative":    layer(number(math.MaxUint64)),
		"two entries": append(append(layer(block(t, reg))[:1536], block(t, reg)...), make([]byte, 2048)...),
		"short":       layer(block(t, reg))[:2000],
	} {
		left, err := get(bad)
		assert.ErrorIs(t, err, registry.ErrNoLibrary, what)
		assert.Zero(t, left, what)
	}
	// The layer is as its digest says, and the file in it not.
	d := f.put("manifest", library(f.blob(string(layer(block(t, reg)))), digest.FromString("other")), ocispec.MediaTypeImageManifest)
	l, err := c.Library(t.Context(), registry.Entry{Descriptor: d, Name: "greeter", Version: "1"})
	require.NoError(t, err)
	_, err = download(t, c, l)
	assert.ErrorIs(t, err, registry.ErrNoLibrary)
}

// What is announced is compared with what was asked for, and no body is read beyond.
func TestHostileAnswers(t *testing.T) {
	f := newFake(t, false)
	c := f.client()
	d := f.blob(strings.Repeat("x", 4096))
	path := base + "blobs/" + d.Digest.String()
	l := registry.Library{Entry: registry.Entry{Name: "greeter", Version: "1"}, Layer: d, File: digest.FromString("file")}
	part := func() *os.File {
		p, err := os.Create(filepath.Join(t.TempDir(), "part"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = p.Close() })
		_, err = p.Write(make([]byte, 1000))
		require.NoError(t, err)
		return p
	}
	for _, bad := range []string{"", "bytes 0-4095/4096", "bytes 1512-4095/9999", "bytes 1512-4094/4096", "bytes 1513-4095/4096", "bytes */4096", "lines 1512-4095/4096"} {
		for _, header := range []string{"bytes 0-511/4096", bad} {
			f.paths[path] = func(w http.ResponseWriter, r *http.Request) {
				answer := header
				if r.Header.Get("Range") != "bytes=0-511" { // the layer's header is asked for first
					assert.Equal(t, "bytes=1512-4095", r.Header.Get("Range"))
					answer = bad
				}
				w.Header().Set("Content-Range", answer)
				w.WriteHeader(http.StatusPartialContent)
				endless(w, r)
			}
			_, err := c.Download(t.Context(), l, part(), nil)
			require.ErrorIs(t, err, registry.ErrDamaged, bad)
		}
	}
	for _, status := range []int{http.StatusOK, http.StatusRequestedRangeNotSatisfiable} { // it has no ranges
		f.paths[path] = func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" && status != http.StatusOK {
				w.WriteHeader(status)
				return
			}
			endless(w, r)
		}
		_, err := c.Download(t.Context(), l, part(), nil)
		require.ErrorIs(t, err, registry.ErrDamaged)
		require.ErrorContains(t, err, "more bytes than the 4096")
	}
	f.paths[base+"manifests/endless"] = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", ocispec.MediaTypeImageIndex)
		w.Header().Set("Docker-Content-Digest", d.Digest.String())
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Length", "1000")
			return
		}
		endless(w, r)
	}
	f.paths[base+"manifests/"+d.Digest.String()] = f.paths[base+"manifests/endless"]
	_, err := c.Index(t.Context(), "endless")
	require.ErrorIs(t, err, registry.ErrDamaged)
}

// Credentials go to the registry and to nobody else, wherever it sends us.
func TestHostileRedirects(t *testing.T) {
	f := newFake(t, true)
	c := f.client()
	var leaked atomic.Bool
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URL.String(), "secret") {
			leaked.Store(true)
		}
		if strings.HasPrefix(r.URL.Path, "/ask") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://`+r.Host+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte("{}"))
	}))
	defer elsewhere.Close()
	plain := httptest.NewServer(elsewhere.Config.Handler)
	defer plain.Close()
	d := f.blob("layer")
	path := base + "blobs/" + d.Digest.String()
	l := registry.Library{Entry: registry.Entry{Name: "greeter", Version: "1"}, Layer: d, File: d.Digest}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("ada:secret"))
	for to, want := range map[string]string{
		"file:///etc/passwd":     "without TLS",
		plain.URL + "/blob":      "without TLS",
		elsewhere.URL + "/blob":  "",
		elsewhere.URL + "/ask":   "",
		f.URL + path:             "redirects",
		"https://127.0.0.1:1/no": "refused",
	} {
		f.paths[path] = func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != basic {
				w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
		_, err := download(t, c, l)
		assert.ErrorContains(t, err, want, to)
	}
	for _, realm := range []string{"file:///etc/passwd", plain.URL, "ftp://x/"} {
		f.paths[path] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, err := download(t, c, l)
		assert.Error(t, err, realm)
	}
	assert.False(t, leaked.Load())
}

// A plan before a plan is named by its digest: what else there is may lead in circles.
func TestHostileHistory(t *testing.T) {
	f := newFake(t, false)
	c := f.client()
	for _, previous := range []string{"stable", "../x", "sha256:12"} {
		p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{100}, Previous: previous}, plan.Decision{Time: time.Now()})
		require.NoError(t, err)
		p.State = plan.Aborted
		f.put("stable", indexWith(text(p), entry(some(), "greeter", "1")))
		i, err := c.Index(t.Context(), "stable")
		require.NoError(t, err)
		n := 0
		err = c.History(t.Context(), i, func(*registry.Index, plan.Plan) bool { n++; return true })
		require.ErrorIs(t, err, plan.ErrBadPlan)
		assert.Equal(t, 1, n)
	}
}
