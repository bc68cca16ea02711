package registrytest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registrytest"
)

// What follows is what the registries do where OCI's specification says nothing or "should", and hotso has to
// know. A new release of one that does otherwise is noticed here.

// The last one to move a tag wins, and is not told of the others: no condition of HTTP prevents that. Who reads
// meanwhile gets one of the manifests, whole. What lost is still there by its digest.
func TestConcurrentTagMoves(t *testing.T) {
	const writers, moves = 4, 10
	each(t, func(t *testing.T, kind string) {
		c := newClient(t, registrytest.Start(t, registrytest.Options{Kind: kind}))
		plain := c.manifest("greeter", "layer")
		tag := path("greeter", "stable")
		c.put("greeter", "stable", manifestType, plain)
		written := [writers][moves]string{}
		var writing, reading sync.WaitGroup
		over := make(chan struct{})
		reading.Go(func() {
			for {
				a, err := c.try("GET", tag, "")
				assert.NoError(t, err)
				assert.Equal(t, 200, a.StatusCode)
				assert.Equal(t, digest(a.body), a.Header.Get("Docker-Content-Digest"))
				select {
				case <-over:
					return
				default:
				}
			}
		})
		for w := range writers {
			writing.Go(func() {
				for m := range moves {
					own := strings.TrimSuffix(plain, "}") + fmt.Sprintf(`,"annotations":{"writer":"%d","move":"%d"}}`, w, m)
					written[w][m] = own
					a, err := c.try("PUT", tag, own, "Content-Type", manifestType)
					assert.NoError(t, err)
					assert.Equal(t, 201, a.StatusCode)
				}
			})
		}
		writing.Wait()
		close(over)
		reading.Wait()
		last := c.do("GET", tag, "").body
		assert.True(t, slices.ContainsFunc(written[:], func(w [moves]string) bool { return w[moves-1] == last }),
			"the tag names somebody's last move: %s", last)
		for _, list := range written {
			for _, text := range list {
				assert.Equal(t, text, c.do("GET", path("greeter", digest(text)), "").body)
			}
		}

		for _, condition := range [][2]string{
			{"If-None-Match", "*"}, // only if there is no such tag
			{"If-Match", `"` + digest("other") + `"`},
		} {
			c.do("PUT", tag, plain, "Content-Type", manifestType, condition[0], condition[1]).ok(t, 201)
			assert.Equal(t, plain, c.do("GET", tag, "").body)
		}
	})
}

// HEAD tells the digest, its answer has a date, and costs the same whether the tag has moved or not: ggcr knows
// no conditions, and distribution one ETag only.
func TestAskingForTag(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		c := newClient(t, registrytest.Start(t, registrytest.Options{Kind: kind}))
		text := c.manifest("greeter", "layer")
		etag := `"` + digest(text) + `"`
		tag := c.put("greeter", "stable", manifestType, text)
		a := c.do("HEAD", tag, "").ok(t, 200)
		assert.Equal(t, digest(text), a.Header.Get("Docker-Content-Digest"))
		assert.Equal(t, int64(len(text)), a.ContentLength)
		_, err := http.ParseTime(a.Header.Get("Date"))
		assert.NoError(t, err)

		status := func(method, name, value string) int { return c.do(method, tag, "", name, value).StatusCode }
		if kind == registrytest.Distribution {
			assert.Equal(t, etag, a.Header.Get("ETag"))
			assert.Equal(t, 304, status("HEAD", "If-None-Match", etag))
			assert.Equal(t, 304, status("GET", "If-None-Match", etag))
			assert.Equal(t, 200, status("GET", "If-None-Match", "W/"+etag))
			assert.Equal(t, 200, status("GET", "If-None-Match", `"other", `+etag))
			// It does not know that */* includes OCI.
			assert.Equal(t, 404, status("HEAD", "Accept", "*/*"))
		} else {
			assert.Empty(t, a.Header.Get("ETag"))
			assert.Equal(t, 200, status("HEAD", "If-None-Match", etag))
			assert.Equal(t, 200, status("HEAD", "Accept", "*/*"))
		}
	})
}

// A part of a blob is had with both ends said, and no end behind the blob's: all else ggcr refuses.
func TestRanges(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		c := newClient(t, registrytest.Start(t, registrytest.Options{Kind: kind}))
		blob := c.blob("greeter", "0123456789")
		get := func(r string) answer { return c.do("GET", blob, "", "Range", r) }
		a := get("bytes=2-5").ok(t, 206)
		assert.Equal(t, "2345", a.body)
		assert.Equal(t, "bytes 2-5/10", a.Header.Get("Content-Range"))
		assert.Equal(t, "6789", get("bytes=6-9").ok(t, 206).body)
		get("bytes=10-").ok(t, 416)
		for r, want := range map[string]string{"bytes=6-": "6789", "bytes=-4": "6789", "bytes=6-100": "6789"} {
			a := get(r)
			if kind == registrytest.Distribution {
				assert.Equal(t, want, a.ok(t, 206).body)
			} else {
				a.ok(t, 416)
			}
		}
		// Only blobs have parts.
		c.put("greeter", "v1", manifestType, c.manifest("greeter", "layer"))
		c.do("GET", path("greeter", "v1"), "", "Range", "bytes=1-2").ok(t, 200)
	})
}

// Manifests come back byte for byte, with members that the registry does not know; an artifact may have the
// config of an image.
func TestManifestsStayAsTheyAre(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		c := newClient(t, registrytest.Start(t, registrytest.Options{Kind: kind}))
		child := c.manifest("greeter", "layer")
		c.put("greeter", digest(child), manifestType, child)
		config := text(object{"architecture": "amd64", "os": "linux", "rootfs": object{"type": "layers", "diff_ids": []string{}}})
		c.blob("greeter", config)
		for _, m := range []struct{ mediaType, text string }{
			{indexType, "{ \"mediaType\" : \"" + indexType + "\",\n\t\"schemaVersion\": 2, \"artifactType\": \"" + artifactType + "\",\n" +
				"\"unknown\": [1.0, null], \"annotations\": {\"z\": \"\\u00e4<>\", \"a\": \"\"},\n" +
				"\"manifests\": [" + text(descriptor(manifestType, child)) + "],\n" +
				"\"subject\": " + text(descriptor(manifestType, "not there")) + " }\n"},
			{manifestType, text(object{
				"schemaVersion": 2, "mediaType": manifestType, "artifactType": artifactType,
				"config": descriptor(configType, config), "layers": []object{descriptor("application/octet-stream", "layer")},
			})},
		} {
			c.put("greeter", "v1", m.mediaType, m.text)
			a := c.do("GET", path("greeter", "v1"), "").ok(t, 200)
			assert.Equal(t, m.text, a.body)
			assert.Equal(t, m.mediaType, a.Header.Get("Content-Type"))
		}
	})
}

// What a manifest names must be there before it, which distribution alone can be told not to want. ggcr asks for
// the manifests of an index only.
func TestMissingChildren(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		for _, incomplete := range []bool{false, true} {
			c := newClient(t, registrytest.Start(t, registrytest.Options{Kind: kind, IncompleteIndexes: incomplete}))
			push := func(mediaType, text string) int {
				return c.do("PUT", path("greeter", "v1"), text, "Content-Type", mediaType).StatusCode
			}
			c.blob("greeter", "{}")
			want := 404
			switch {
			case kind == registrytest.Distribution && incomplete:
				want = 201
			case kind == registrytest.Distribution:
				want = 400
			}
			assert.Equal(t, want, push(indexType, index(manifestType, "not there")))
			want = 201
			if kind == registrytest.Distribution {
				want = 400
			}
			assert.Equal(t, want, push(manifestType, text(object{
				"schemaVersion": 2, "mediaType": manifestType, "config": descriptor(emptyType, "{}"),
				"layers": []object{descriptor("application/octet-stream", "not there")},
			})))
		}
	})
}

// registry garbage-collect --delete-untagged keeps what a tag leads to through any number of indexes. A subject is
// no such way, in either direction: not from a referrer to its subject, nor back.
func TestGarbageCollection(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	c := newClient(t, r)
	untagged := func(mediaType, text string) string {
		c.put("greeter", digest(text), mediaType, text)
		return text
	}
	leaf := untagged(manifestType, c.manifest("greeter", "leaf"))
	inner := untagged(indexType, index(manifestType, leaf))
	middle := untagged(indexType, index(indexType, inner))
	top := index(indexType, middle)
	c.put("greeter", "v1", indexType, top)

	moved := c.manifest("greeter", "moved")
	c.put("greeter", "stable", manifestType, moved)
	c.put("greeter", "stable", manifestType, leaf)

	about := func(subject string) string {
		return text(object{"schemaVersion": 2, "mediaType": indexType, "manifests": []object{}, "subject": descriptor(manifestType, subject)})
	}
	signature := untagged(indexType, about(leaf))
	subject := untagged(manifestType, c.manifest("greeter", "subject"))
	c.put("greeter", "about", indexType, about(subject))

	r.CollectGarbage()
	for text, want := range map[string]int{
		top: 200, middle: 200, inner: 200, leaf: 200, about(subject): 200,
		moved: 404, signature: 404, subject: 404,
	} {
		assert.Equal(t, want, c.do("GET", path("greeter", digest(text)), "").StatusCode, "%s", text)
	}
	c.do("GET", "/v2/greeter/blobs/"+digest("leaf"), "").ok(t, 200)
	c.do("GET", "/v2/greeter/blobs/"+digest("moved"), "").ok(t, 404)
}

// distribution has no API of referrers: who looks for them goes by the tag sha256-DIGEST.
func TestReferrers(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		c := newClient(t, registrytest.Start(t, registrytest.Options{Kind: kind}))
		subject := c.manifest("greeter", "layer")
		c.put("greeter", "v1", manifestType, subject)
		about := strings.TrimSuffix(subject, "}") + `,"subject":` + text(descriptor(manifestType, subject)) + "}"
		pushed := c.do("PUT", path("greeter", digest(about)), about, "Content-Type", manifestType).ok(t, 201)
		// So neither promises anything here, and clients keep the tag up to date.
		require.Empty(t, pushed.Header.Get("OCI-Subject"))
		a := c.do("GET", "/v2/greeter/referrers/"+digest(subject), "")
		if kind == registrytest.Distribution {
			a.ok(t, 404)
		} else {
			assert.Contains(t, a.ok(t, 200).body, digest(about))
		}
	})
}
