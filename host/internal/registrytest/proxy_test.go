package registrytest_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registrytest"
)

// proxied is a client of a proxy, behind which a registry has one manifest with one layer.
func proxied(t *testing.T, o registrytest.Options, layer string) (*client, *registrytest.Proxy) {
	t.Helper()
	r := registrytest.Start(t, o)
	p := registrytest.NewProxy(t, r)
	c := newClient(t, r)
	c.url = p.URL()
	if o.Auth == registrytest.BasicAuth {
		c.auth = basic(r.User, r.Password)
	}
	c.put("greeter", "v1", manifestType, c.manifest("greeter", layer))
	p.Forget()
	return c, p
}

func TestProxyCounts(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		c, p := proxied(t, registrytest.Options{Kind: kind, TLS: true}, "layer")
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				a, err := c.try("HEAD", path("greeter", "v1"), "")
				assert.NoError(t, err)
				assert.Equal(t, 200, a.StatusCode)
				a, err = c.try("GET", "/v2/greeter/blobs/"+digest("layer"), "", "Range", "bytes=1-2")
				assert.NoError(t, err)
				assert.Equal(t, "ay", a.body)
			})
		}
		all.Wait()
		assert.Equal(t, 4, p.Count("HEAD", registrytest.Manifest))
		assert.Equal(t, 4, p.Count("GET", registrytest.Blob))
		assert.Equal(t, 8, p.Count("", ""))
		assert.Zero(t, p.Count("", registrytest.Upload))
		p.Forget()
		c.do("GET", "/v2/greeter/blobs/"+digest("layer"), "", "Range", "bytes=0-0")
		assert.Equal(t, []registrytest.Request{{
			Method: "GET", Kind: registrytest.Blob, Path: "/v2/greeter/blobs/" + digest("layer"), Range: "bytes=0-0", Status: 206,
		}}, p.Requests())
	})
}

// A token server is behind the proxy, too.
func TestProxyTokens(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{Auth: registrytest.TokenAuth, TLS: true})
	p := registrytest.NewProxy(t, r)
	c := newClient(t, r)
	c.url = p.URL()
	assert.Contains(t, c.do("GET", path("greeter", "v1"), "").Header.Get("WWW-Authenticate"), `Bearer realm="`+p.URL()+`/token"`)
	c.auth = bearer(t, c.token(r, r.Password, "repository:greeter:pull"))
	c.do("GET", path("greeter", "v1"), "").ok(t, http.StatusNotFound)
	p.Inject(registrytest.Fault{DropAuth: true, Times: 1})
	c.do("GET", path("greeter", "v1"), "").ok(t, http.StatusUnauthorized)
	c.do("GET", path("greeter", "v1"), "").ok(t, http.StatusNotFound)
	assert.Equal(t, 1, p.Count("GET", registrytest.Token))
}

func TestFaultsOfAnswers(t *testing.T) {
	c, p := proxied(t, registrytest.Options{}, "layer")
	get := func() answer { return c.do("GET", path("greeter", "v1"), "") }

	p.Inject(registrytest.Fault{Kind: registrytest.Manifest, Times: 2, Status: 500})
	get().ok(t, 500)
	c.do("GET", "/v2/", "").ok(t, 200)
	get().ok(t, 500)
	get().ok(t, 200)

	p.Inject(registrytest.Fault{Status: 429, RetryAfter: 90 * time.Second, Times: 1})
	limited := get().ok(t, 429)
	assert.Equal(t, "90", limited.Header.Get("Retry-After"))
	assert.Contains(t, limited.body, "TOOMANYREQUESTS")

	before := time.Now()
	p.Inject(registrytest.Fault{Status: 503, RetryAfter: time.Hour, RetryAfterDate: true, Times: 1})
	at, err := http.ParseTime(get().ok(t, 503).Header.Get("Retry-After"))
	require.NoError(t, err)
	assert.WithinRange(t, at, before.Add(time.Hour), time.Now().Add(time.Hour+time.Second))

	for _, clock := range []time.Duration{time.Hour, -time.Hour} {
		p.Inject(registrytest.Fault{Clock: clock, Times: 1})
		date, err := http.ParseTime(get().ok(t, 200).Header.Get("Date"))
		require.NoError(t, err)
		assert.WithinRange(t, date, before.Add(clock-time.Second), time.Now().Add(clock))
	}

	p.Inject(registrytest.Fault{Status: 500})
	get().ok(t, 500)
	p.Heal()
	get().ok(t, 200)
}

func TestFaultsOfBodies(t *testing.T) {
	layer := strings.Repeat("0123456789", 10000)
	c, p := proxied(t, registrytest.Options{}, layer)
	get := func(f registrytest.Fault, headers ...string) answer {
		p.Heal()
		f.Kind = registrytest.Blob
		p.Inject(f)
		return c.do("GET", "/v2/greeter/blobs/"+digest(layer), "", headers...).ok(t, 200)
	}
	size := int64(len(layer))

	a := get(registrytest.Fault{CutAfter: 12345})
	assert.Equal(t, size, a.ContentLength)
	assert.ErrorIs(t, a.err, io.ErrUnexpectedEOF)
	assert.Equal(t, layer[:12345], a.body)

	a = get(registrytest.Fault{Corrupt: true})
	assert.NoError(t, a.err)
	assert.Equal(t, layer[1:], a.body[1:])
	assert.NotEqual(t, layer, a.body)

	a = get(registrytest.Fault{SizeBy: 3})
	assert.NoError(t, a.err)
	assert.Equal(t, layer+"\x00\x00\x00", a.body)
	a = get(registrytest.Fault{SizeBy: -3})
	assert.NoError(t, a.err)
	assert.Equal(t, layer[:size-3], a.body)
	a = c.do("HEAD", "/v2/greeter/blobs/"+digest(layer), "")
	assert.Equal(t, size-3, a.ContentLength)

	a = get(registrytest.Fault{ClaimMore: 3})
	assert.Equal(t, size+3, a.ContentLength)
	assert.ErrorIs(t, a.err, io.ErrUnexpectedEOF)
	assert.Equal(t, layer, a.body)

	a = get(registrytest.Fault{Chunked: true})
	assert.Equal(t, int64(-1), a.ContentLength)
	assert.Equal(t, layer, a.body)

	assert.Equal(t, layer, get(registrytest.Fault{IgnoreRange: true}, "Range", "bytes=1-2").body)
	assert.Equal(t, layer, get(registrytest.Fault{Delay: time.Millisecond}).body)
	assert.Equal(t, layer, get(registrytest.Fault{BytesPerSecond: 100 << 20}).body)
}

func TestSlowBodiesEndWithTheTest(t *testing.T) {
	c, p := proxied(t, registrytest.Options{}, strings.Repeat("x", 1<<20))
	p.Inject(registrytest.Fault{Kind: registrytest.Blob, BytesPerSecond: 1000})
	resp, err := c.http.Get(p.URL() + "/v2/greeter/blobs/" + digest(strings.Repeat("x", 1<<20)))
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.ReadFull(resp.Body, make([]byte, 10))
	require.NoError(t, err)
	go p.Down()
	_, err = io.Copy(io.Discard, resp.Body)
	require.Error(t, err)
}

func TestFaultsOfConnections(t *testing.T) {
	c, p := proxied(t, registrytest.Options{}, "layer")

	p.Inject(registrytest.Fault{Abort: true})
	_, err := c.try("GET", "/v2/", "")
	require.Error(t, err)
	p.Heal()

	p.Down()
	_, err = c.try("GET", "/v2/", "")
	var refused *net.OpError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "dial", refused.Op)
	p.Up()
	c.do("GET", "/v2/", "").ok(t, 200)

	p.Forget()
	p.Inject(registrytest.Fault{Hang: true})
	ended := make(chan error)
	go func() {
		_, err := c.try("GET", "/v2/", "")
		ended <- err
	}()
	require.Eventually(t, func() bool { return p.Count("", "") == 1 }, time.Minute, time.Millisecond)
	select {
	case err := <-ended:
		require.Fail(t, "it is answered", "%v", err)
	default:
	}
	go p.Down()
	require.Error(t, <-ended)
}

// The proxy does not answer for a registry that is gone.
func TestRegistryDiesBehindProxy(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p := registrytest.NewProxy(t, r)
	c := newClient(t, r)
	c.url = p.URL()
	c.do("GET", "/v2/", "").ok(t, 200)
	r.Kill()
	_, err := c.try("GET", "/v2/", "")
	require.Error(t, err)
	r.Restart()
	c.do("GET", "/v2/", "").ok(t, 200)
}

// As with S3: the blob is elsewhere, and who sends credentials there is refused.
func TestRedirectedBlobs(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		c, p := proxied(t, registrytest.Options{Kind: kind, Auth: registrytest.BasicAuth, TLS: true}, "layer")
		p.Inject(registrytest.Fault{Redirect: true})
		a := c.do("GET", "/v2/greeter/blobs/"+digest("layer"), "", "Range", "bytes=1-2").ok(t, 206)
		assert.Equal(t, "ay", a.body)
		assert.NotEqual(t, p.Host, a.Request.URL.Host)
		assert.Equal(t, 1, p.Count("GET", registrytest.Blob))
		assert.Equal(t, 1, p.Count("GET", registrytest.Stored))
		c.do("GET", a.Request.URL.String(), "").ok(t, 400)
		c.auth = ""
		c.do("GET", a.Request.URL.String(), "").ok(t, 200)
		c.do("GET", a.Request.URL.String()+"x", "").ok(t, 403)
	})
}
