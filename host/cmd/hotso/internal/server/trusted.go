package server

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// trusted lets only those deploy who may: through the unix socket, whose file
// permissions have decided; with the bearer token, if there is one; without one,
// from loopback. A request that a proxy passed on, or that was addressed to a name
// other than localhost (DNS rebinding), only looks as if it came from here.
func (s *Server) trusted(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		switch {
		case local != nil && local.Network() == "unix":
		case s.conf.Token != "":
			given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(s.conf.Token)) != 1 {
				w.Header().Set("WWW-Authenticate", "Bearer")
				fail(w, http.StatusUnauthorized, "%s needs the header Authorization: Bearer TOKEN", r.URL.Path)
				return
			}
		case !fromHere(r):
			fail(w, http.StatusForbidden, "%s is for loopback only, as the server has no token", r.URL.Path)
			return
		}
		h(w, r)
	}
}

func fromHere(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}
