package registry_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registry"
)

// A fake is a registry that says what a test wants, whatever that is.
type fake struct {
	*httptest.Server
	t     testing.TB
	paths map[string]http.HandlerFunc
}

func newFake(t testing.TB, secure bool) *fake {
	f := &fake{t: t, paths: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewUnstartedServer(f)
	if secure {
		f.StartTLS()
	} else {
		f.Start()
	}
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := f.paths[r.URL.Path]; ok {
		h(w, r)
		return
	}
	http.NotFound(w, r)
}

func (f *fake) client() *registry.Client {
	o := registry.Options{Credential: func(context.Context, string) (string, string, error) { return "ada", "secret", nil }}
	if f.TLS != nil {
		o.RootCAs = f.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	return open(f.t, f.Listener.Addr().String(), o)
}

const base = "/v2/team/greeter/"

// put has a tag stand for a text, of an index unless something else is said.
func (f *fake) put(tag, text string, mediaType ...string) ocispec.Descriptor {
	d := ocispec.Descriptor{MediaType: append(mediaType, ocispec.MediaTypeImageIndex)[0], Digest: digest.FromString(text), Size: int64(len(text))}
	f.paths[base+"manifests/"+tag] = answer(d, text)
	f.paths[base+"manifests/"+d.Digest.String()] = answer(d, text)
	return d
}

// blob has a text be there.
func (f *fake) blob(text string) ocispec.Descriptor {
	d := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: digest.FromString(text), Size: int64(len(text))}
	f.paths[base+"blobs/"+d.Digest.String()] = answer(d, text)
	return d
}

func answer(d ocispec.Descriptor, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", d.MediaType)
		w.Header().Set("Docker-Content-Digest", d.Digest.String())
		w.Header().Set("Content-Length", fmt.Sprint(d.Size))
		_, _ = w.Write([]byte(text))
	}
}

// library is a manifest for a layer that is said to have a file with some digest in it.
func library(layer ocispec.Descriptor, file digest.Digest) string {
	layer.Annotations = map[string]string{"io.github.hotso.file.digest": file.String()}
	return text(map[string]any{"schemaVersion": 2, "artifactType": registry.ArtifactType, "layers": []any{layer}})
}

// entry is a descriptor in an index, for this platform.
func entry(d ocispec.Descriptor, name, version string) ocispec.Descriptor {
	p := registry.Platform()
	d.MediaType, d.Platform = ocispec.MediaTypeImageManifest, &p
	d.Annotations = map[string]string{"io.github.hotso.library": name, "io.github.hotso.version": version}
	return d
}

func index(entries ...ocispec.Descriptor) string { return indexWith("", entries...) }

func indexWith(plan string, entries ...ocispec.Descriptor) string {
	return text(map[string]any{"schemaVersion": 2, "artifactType": registry.ArtifactType, "manifests": entries,
		"annotations": map[string]string{"io.github.hotso.rollout": plan}})
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// some is a descriptor of nothing.
func some() ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("x"), Size: 1}
}

// download gets a layer, and returns what is left of it.
func download(t testing.TB, c *registry.Client, l registry.Library) (left int64, err error) {
	t.Helper()
	part, err := os.Create(filepath.Join(t.TempDir(), "part"))
	require.NoError(t, err)
	defer part.Close()
	_, err = c.Download(t.Context(), l, part, nil)
	info, statErr := part.Stat()
	require.NoError(t, statErr)
	return info.Size(), err
}

// endless sends without end, whatever it said.
func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write([]byte(strings.Repeat("x", 10_000))); err != nil {
			return
		}
	}
}
