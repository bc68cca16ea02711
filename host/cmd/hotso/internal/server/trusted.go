package server

import (
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// trusted lets only those deploy who may: through the unix socket, whose file
// permissions have decided, or with the bearer token. No address is trusted: behind a
// proxy on the same machine, everybody's requests come from loopback.
func (s *Server) trusted(h http.HandlerFunc) http.HandlerFunc { return s.guarded(h, bears) }

// looks wraps a handler that shows what is inside the process: for those who may deploy. The token may also be the password of a URL, as go tool pprof sends no
// headers of its user's. It is not asked for in this way: no browser is to keep it.
func (s *Server) looks(h http.HandlerFunc) http.HandlerFunc { return s.guarded(h, mayLook) }

func mayLook(r *http.Request, token string) bool {
	_, password, ok := r.BasicAuth()
	return bears(r, token) || ok && equal(password, token)
}

// looking reports whether looks would let a request through, for handlers that have something for all.
func (s *Server) looking(r *http.Request) bool {
	token := s.token.Load()
	return isLocal(r) || token != nil && mayLook(r, *token)
}

// isLocal reports whether a request has come through a unix socket.
func isLocal(r *http.Request) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return local != nil && local.Network() == "unix"
}

func (s *Server) guarded(h http.HandlerFunc, may func(r *http.Request, token string) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := s.token.Load()
		switch {
		case isLocal(r):
		case token == nil:
			fail(w, http.StatusForbidden, "%s needs a token over TCP, and the server has none: start it with --token-file, or use its unix socket", r.URL.Path)
			return
		case !may(r, *token):
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, http.StatusUnauthorized, "%s needs the header Authorization: Bearer TOKEN", r.URL.Path)
			return
		}
		h(w, r)
	}
}

// bears reports whether a request has the token (RFC 6750, 2.1; the scheme's case does
// not count, RFC 9110, 11.1).
func bears(r *http.Request, token string) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && equal(strings.TrimSpace(given), token)
}

func equal(given, token string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}

// SetToken replaces Config.Token: requests from now on must bear this one. Empty: only
// the unix socket deploys. It is safe for concurrent use.
func (s *Server) SetToken(token string) {
	if token == "" {
		s.token.Store(nil)
		return
	}
	s.token.Store(&token)
}
