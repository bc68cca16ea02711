package registrytest

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// A store is the other host at which blobs lie, see Fault.Redirect. What it gives is named by a secret in
// the address; it refuses credentials beside that, as S3 does.
type store struct {
	proxy  *Proxy
	server *server

	mu    sync.Mutex
	blobs map[string]stored
}

type stored struct{ path, auth string }

// keep returns an address for what a request wants. The host's name is another than the registry's, so that
// clients which send credentials to each port of a host are seen.
func (s *store) keep(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := rand.Text()
	s.blobs[secret] = stored{r.URL.Path, r.Header.Get("Authorization")}
	_, port, _ := net.SplitHostPort(s.server.addr)
	where := url.URL{
		Scheme: s.proxy.registry.Scheme, Host: net.JoinHostPort("localhost", port), Path: "/bucket/data",
		RawQuery: url.Values{"X-Amz-Signature": {secret}}.Encode(),
	}
	return where.String()
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	blob, ok := s.blobs[r.URL.Query().Get("X-Amz-Signature")]
	s.mu.Unlock()
	if !ok || r.Header.Get("Authorization") != "" {
		status := http.StatusForbidden
		if ok {
			status = http.StatusBadRequest
		}
		s.proxy.serveRefusal(w, r, status)
		return
	}
	r.URL.Path, r.URL.RawQuery = blob.path, ""
	if blob.auth != "" {
		r.Header.Set("Authorization", blob.auth)
	}
	s.proxy.serve(w, r, Stored)
}

// serveRefusal counts a request that the store does not answer.
func (p *Proxy) serveRefusal(w http.ResponseWriter, r *http.Request, status int) {
	request, _ := p.begin(r, Stored)
	http.Error(&recorder{ResponseWriter: w, proxy: p, request: request}, "refused", status)
}
