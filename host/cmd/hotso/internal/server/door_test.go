package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// paths are all that the server has, and one that it has not.
var paths = [][2]string{
	{"POST", "/call/Greet"}, {"POST", "/swap"}, {"POST", "/rollback"}, {"POST", "/canary"}, {"POST", "/promote"}, {"POST", "/abort"},
	{"GET", "/versions"}, {"GET", "/events"}, {"HEAD", "/events"}, {"GET", "/healthz"}, {"GET", "/nothing"}, {"DELETE", "/versions"},
}

// ask has the handler answer a request with these headers; Host is one.
func ask(s *server.Server, method, path string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, nil)
	req.Host = "127.0.0.1:8080"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return w
}

// A page whose name resolves to this machine must reach nothing, though its browser
// takes it for the same site.
func TestHostIsChecked(t *testing.T) {
	s := server.New(server.Config{Dirs: []string{t.TempDir()}, AllowHosts: []string{"API.example.com", "hotso:80"}})
	for _, p := range paths {
		for _, host := range []string{"evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example:8080", "evil.api.example.com", "evil.localhost:x"} {
			w := ask(s, p[0], p[1], "Host", host, "Origin", "http://"+host, "Sec-Fetch-Site", "same-origin")
			assert.Equal(t, http.StatusForbidden, w.Code, "%s of %s", p, host)
			assert.Contains(t, w.Body.String(), "--allow-host")
		}
	}
	for _, host := range []string{"127.0.0.1", "localhost:8080", "LocalHost.", "[::1]:8080", "[::1]", "192.0.2.7:80", "",
		"api.example.com", "api.example.com:443", "Hotso."} {
		assert.Equal(t, http.StatusOK, ask(s, "GET", "/versions", "Host", host).Code, host)
	}
}

// What the browser says of the page counts for every path that the page could read.
func TestOriginIsChecked(t *testing.T) {
	s := server.New(server.Config{Dirs: []string{t.TempDir()}})
	for _, p := range paths {
		for _, origin := range []string{"https://evil.example", "http://localhost:3000", "null"} {
			w := ask(s, p[0], p[1], "Origin", origin)
			assert.Equal(t, http.StatusForbidden, w.Code, "%s from %s", p, origin)
			w = ask(s, p[0], p[1], "Origin", origin, "Sec-Fetch-Site", "cross-site")
			assert.Equal(t, http.StatusForbidden, w.Code, "%s from %s", p, origin)
		}
	}
	assert.Equal(t, http.StatusOK, ask(s, "GET", "/versions", "Origin", "http://127.0.0.1:8080").Code)
	assert.Equal(t, http.StatusOK, ask(s, "GET", "/versions", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate").Code, "a link")
}

// Without a token nobody deploys over TCP, and with one only who has it.
func TestWhoMayDeploy(t *testing.T) {
	status := func(token string, header ...string) int {
		s := server.New(server.Config{Dirs: []string{t.TempDir()}, Token: token})
		return ask(s, "POST", "/rollback", header...).Code
	}
	const allowed = http.StatusServiceUnavailable // there is no library
	assert.Equal(t, http.StatusForbidden, status(""))
	assert.Equal(t, http.StatusForbidden, status("", "Authorization", "Bearer "))
	assert.Equal(t, http.StatusForbidden, status("", "Authorization", "Bearer secret"))
	for _, value := range []string{"Bearer secret", "bearer secret", "Bearer  secret"} {
		assert.Equal(t, allowed, status("secret", "Authorization", value), value)
	}
	for _, value := range []string{"", "Bearer ", "Bearer secrets", "Bearer secre", "Basic secret", "secret"} {
		assert.Equal(t, http.StatusUnauthorized, status("secret", "Authorization", value), value)
	}
}

// A proxy on the same machine passes on as its own what everybody asks, and adds no
// header.
func TestProxyOnTheSameMachine(t *testing.T) {
	s := server.New(server.Config{Dirs: []string{t.TempDir()}})
	behind := httptest.NewServer(s.Handler())
	defer behind.Close()
	target, err := url.Parse(behind.URL)
	require.NoError(t, err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	defer proxy.Close()
	resp, err := http.Post(proxy.URL+"/rollback", "", nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, resp.StatusCode)
	assert.Contains(t, string(body), "--token-file")
}

// A token can be replaced while requests come.
func TestSetToken(t *testing.T) {
	s := server.New(server.Config{Dirs: []string{t.TempDir()}, Token: "old"})
	s.SetToken("new")
	assert.Equal(t, http.StatusUnauthorized, ask(s, "POST", "/abort", "Authorization", "Bearer old").Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, "POST", "/abort", "Authorization", "Bearer new").Code)
	s.SetToken("")
	assert.Equal(t, http.StatusForbidden, ask(s, "POST", "/abort", "Authorization", "Bearer ").Code)
}
