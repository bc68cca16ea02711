package registrytest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/registrytest"
)

// each runs a test with each registry.
func each(t *testing.T, test func(t *testing.T, kind string)) {
	for _, kind := range registrytest.Kinds {
		t.Run(kind, func(t *testing.T) { test(t, kind) })
	}
}

func TestPushAndPull(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		for _, secure := range []bool{false, true} {
			r := registrytest.Start(t, registrytest.Options{Kind: kind, TLS: secure})
			c := newClient(t, r)
			text := c.manifest("team/greeter", "layer")
			c.put("team/greeter", "v1", manifestType, text)
			assert.Equal(t, text, c.do("GET", path("team/greeter", "v1"), "").ok(t, 200).body)
			assert.Equal(t, "layer", c.do("GET", "/v2/team/greeter/blobs/"+digest("layer"), "").ok(t, 200).body)
			if secure {
				_, err := http.Get(r.URL() + "/v2/")
				assert.ErrorContains(t, err, "certificate")
			}
		}
	})
}

func TestBasicAuth(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		r := registrytest.Start(t, registrytest.Options{Kind: kind, Auth: registrytest.BasicAuth})
		c := newClient(t, r)
		asked := c.do("GET", "/v2/", "").ok(t, http.StatusUnauthorized)
		assert.Equal(t, `Basic realm="registry"`, asked.Header.Get("WWW-Authenticate"))
		c.auth = basic(r.User, "wrong")
		c.do("GET", "/v2/", "").ok(t, http.StatusUnauthorized)
		c.auth = basic(r.User, r.Password)
		c.put("greeter", "v1", manifestType, c.manifest("greeter", "layer"))
	})
}

func TestTokenAuth(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		r := registrytest.Start(t, registrytest.Options{Kind: kind, Auth: registrytest.TokenAuth})
		c := newClient(t, r)
		asked := c.do("PUT", path("greeter", "v1"), "").ok(t, http.StatusUnauthorized)
		// The actions are in any order.
		assert.Regexp(t, `^Bearer realm="`+r.URL()+`/token",service="registry",scope="repository:greeter:(pull,push|push,pull)"$`,
			asked.Header.Get("WWW-Authenticate"))
		c.token(r, "wrong", "repository:greeter:pull").ok(t, http.StatusUnauthorized)

		c.auth = bearer(t, c.token(r, r.Password, "repository:greeter:pull"))
		assert.Contains(t, c.do("POST", "/v2/greeter/blobs/uploads/", "").ok(t, http.StatusUnauthorized).Header.Get("WWW-Authenticate"),
			`error="insufficient_scope"`)
		c.auth = bearer(t, c.token(r, r.Password, "repository:greeter:pull,push"))
		c.put("greeter", "v1", manifestType, c.manifest("greeter", "layer"))
		c.do("GET", path("other", "v1"), "").ok(t, http.StatusUnauthorized)
		r.Restart()
		assert.Contains(t, c.do("GET", path("greeter", "v1"), "").ok(t, http.StatusUnauthorized).Header.Get("WWW-Authenticate"),
			`error="invalid_token"`)
	})
}

func TestTokensExpire(t *testing.T) {
	each(t, func(t *testing.T, kind string) {
		// A lifetime that is over at once: what a token says is in whole seconds.
		r := registrytest.Start(t, registrytest.Options{Kind: kind, Auth: registrytest.TokenAuth, TokenLifetime: -2e9})
		c := newClient(t, r)
		c.auth = bearer(t, c.token(r, r.Password, "repository:greeter:pull"))
		assert.Contains(t, c.do("GET", path("greeter", "v1"), "").ok(t, http.StatusUnauthorized).Header.Get("WWW-Authenticate"),
			`error="invalid_token"`)
	})
}

func TestRestart(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	c := newClient(t, r)
	host := r.Host
	c.put("greeter", "v1", manifestType, c.manifest("greeter", "layer"))
	r.Kill()
	_, err := c.try("GET", "/v2/", "")
	require.Error(t, err)
	r.Kill() // does nothing
	r.Restart()
	assert.Equal(t, host, r.Host)
	c.do("GET", path("greeter", "v1"), "").ok(t, 200)
}

func basic(user, password string) string {
	req := http.Request{Header: http.Header{}}
	req.SetBasicAuth(user, password)
	return req.Header.Get("Authorization")
}

// token asks the token server.
func (c *client) token(r *registrytest.Registry, password, scope string) answer {
	c.t.Helper()
	return c.do("GET", "/token?service=registry&scope="+scope, "", "Authorization", basic(r.User, password))
}

func bearer(t testing.TB, a answer) string {
	t.Helper()
	a.ok(t, 200)
	var reply struct{ Token string }
	require.NoError(t, json.Unmarshal([]byte(a.body), &reply))
	return "Bearer " + reply.Token
}
