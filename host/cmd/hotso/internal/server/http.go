package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// Handler answers requests. It may be used while Serve runs.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range map[string]http.HandlerFunc{
		"POST /call/{function}": s.call,
		"POST /swap":            s.deploys(s.swap),
		"POST /rollback":        s.deploys(s.rollback),
		"POST /canary":          s.deploys(s.canary),
		"POST /promote":         s.deploys(s.promote),
		"POST /abort":           s.deploys(s.abort),
		"GET /contract":         s.contract, // GET is HEAD as well
		"GET /versions":         s.versions,
		"GET /events":           s.events,
		"GET /healthz":          s.healthz,

		"GET /debug/pprof/{$}":                 s.looks(s.debuggables),
		"GET /debug/pprof/{library}/{profile}": s.looks(s.profile),
		"GET /debug/vars/{library}":            s.looks(s.vars),
	} {
		mux.HandleFunc(pattern, handler)
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(path, notAllowed(method)) // less specific: any other method
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "nothing at %s; there are POST /call/Function, /swap, /rollback, /canary, /promote and /abort, GET /contract, /versions, /events, /healthz, /debug/pprof/ and /debug/vars/Library", r.URL.Path)
	})
	return s.inTurn(engaging(onlyUTF8(s.beside(s.door(mux)))))
}

// beside has the paths of Config.Beside answered by their handlers.
func (s *Server) beside(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own := s.conf.Beside[r.URL.Path]
		if own == nil {
			h.ServeHTTP(w, r)
			return
		}
		if c := connOf(r); c != nil {
			c.disengage() // it may be a stream, which can be cut off for others
		}
		own.ServeHTTP(w, r)
	})
}

// onlyUTF8 refuses names that are no text: nothing has such a name, and no answer could
// repeat it.
func onlyUTF8(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !utf8.ValidString(r.URL.Path) {
			fail(w, http.StatusBadRequest, "the path %+q is not UTF-8", r.URL.Path)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// notAllowed answers requests of any other method.
func notAllowed(method string) http.HandlerFunc {
	allow := method
	if method == http.MethodGet {
		allow += ", " + http.MethodHead
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		fail(w, http.StatusMethodNotAllowed, "%s %s: use %s", r.Method, r.URL.Path, method)
	}
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	slot := s.slot.Load()
	if slot == nil {
		answer(w, http.StatusServiceUnavailable, health{Status: "waiting"})
		return
	}
	if lib := slot.Current(); lib != nil {
		answer(w, http.StatusOK, health{Status: "serving", Name: slot.Name(), Version: lib.Version()})
		return
	}
	answer(w, http.StatusServiceUnavailable, health{Status: "waiting", Name: slot.Name()})
}

type health struct {
	Status  string `json:"status"` // serving or waiting
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

func (s *Server) versions(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Versions())
}

// Versions is what is known of all versions, and which one serves.
type Versions struct {
	Name     string    `json:"name"`              // empty until there is a library
	Serving  string    `json:"serving,omitempty"` // version
	Canary   string    `json:"canary,omitempty"`  // version
	Versions []Version `json:"versions"`          // as they were seen; files that were not loaded last
}

// A Version is what is known of a version, or of a file that was not loaded.
type Version struct {
	host.VersionInfo
	Page string `json:"page,omitempty"` // what hotso help has on the reason
}

// Versions lists the versions seen.
func (s *Server) Versions() Versions {
	v := Versions{Versions: []Version{}}
	pages := s.journal.pages()
	add := func(infos []host.VersionInfo) {
		for _, i := range infos {
			v.Versions = append(v.Versions, Version{i, pages[i.File]})
		}
	}
	if slot := s.slot.Load(); slot != nil {
		v.Name = slot.Name()
		add(slot.Versions())
		if lib := slot.Current(); lib != nil {
			v.Serving = lib.Version()
		}
		if c := canaryOf(slot); c != nil {
			v.Canary = c.Version
		}
	}
	add(s.notes.all())
	return v
}

// A failure is the body of an answer that is not 200.
type failure struct {
	Error   string   `json:"error"`
	Kind    string   `json:"kind,omitempty"`    // error, panic or crash of a library
	Version string   `json:"version,omitempty"` // that failed
	Is      []string `json:"is,omitempty"`      // errors of a contract that it is or wraps, by name
	Page    string   `json:"page,omitempty"`    // what hotso help has on it
}

// failFor is fail for an error that may have a page.
func failFor(w http.ResponseWriter, status int, err error, text string) {
	answer(w, status, failure{Error: text, Page: help.Page(err)})
}

func fail(w http.ResponseWriter, status int, format string, args ...any) {
	answer(w, status, failure{Error: fmt.Sprintf(format, args...)})
}

func jsonHeader(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1") // seconds
	}
	w.WriteHeader(status)
}

func answer(w http.ResponseWriter, status int, v any) {
	jsonHeader(w, status)
	enc := json.NewEncoder(printable.JSON(w))
	enc.SetEscapeHTML(false) // it is not HTML, and people read it in a terminal
	_ = enc.Encode(v)        // the client is gone
}
