package server

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// door lets only requests in that cannot come from a page of another site, through the
// browser of somebody who can reach the server. Two rules, for every path:
//
//   - The name in Host is localhost, an IP address, or one of Config.AllowHosts. A page
//     can have its own name resolve to the server's address (DNS rebinding), and is of
//     the same site then, as far as the browser can tell. It cannot change the name.
//   - What the browser says of the page (Origin, Sec-Fetch-Site) does not name another
//     site. See http.CrossOriginProtection, whose exception for GET holds only for
//     requests whose answer the page cannot read.
func (s *Server) door(h http.Handler) http.Handler {
	same := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.answersTo(r.Host) {
			fail(w, http.StatusForbidden, "this server is not called %q: address it by IP address or as localhost, or start it with --allow-host", r.Host)
			return
		}
		judged := r
		if r.Header.Get("Origin") != "" {
			clone := *r // the page asks to read the answer: judge it as a POST
			clone.Method = http.MethodPost
			judged = &clone
		}
		if same.Check(judged) != nil {
			fail(w, http.StatusForbidden, "a request from another site: %q", r.Header.Get("Origin"))
			return
		}
		h.ServeHTTP(w, r)
	})
}

// answersTo reports whether the server is called so, with a port or without. Only
// clients of HTTP/1.0 that are no browsers, such as health checks, leave the name out.
func (s *Server) answersTo(hostPort string) bool {
	name := hostName(hostPort)
	if name == "" || name == "localhost" || slices.Contains(*s.hosts.Load(), name) {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// SetAllowHosts replaces Config.AllowHosts. It is safe for concurrent use.
func (s *Server) SetAllowHosts(names []string) {
	hosts := []string{}
	for _, h := range names {
		hosts = append(hosts, hostName(h))
	}
	s.hosts.Store(&hosts)
}

// hostName is the name in a Host header, in the form in which two can be compared.
func hostName(hostPort string) string {
	name := hostPort
	if h, _, err := net.SplitHostPort(hostPort); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
