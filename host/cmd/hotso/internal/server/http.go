package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/cmd/hotso/internal/page"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// Handler answers requests. It may be used while Serve runs.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(method, path string, handler http.HandlerFunc) {
		mux.HandleFunc(method+" "+path, handler)
		mux.HandleFunc(path, notAllowed(method)) // less specific: any other method
	}
	// The name of a library may follow the first segment of these.
	for pattern, handler := range map[string]http.HandlerFunc{
		"POST /swap":     s.deploys((*library).swap),
		"POST /rollback": s.deploys((*library).rollback),
		"POST /canary":   s.deploys((*library).canary),
		"POST /promote":  s.deploys((*library).promote),
		"POST /abort":    s.deploys((*library).abort),
		"GET /contract":  s.ofLibrary((*library).contract), // GET is HEAD as well
		"GET /versions":  s.versions,
		"GET /events":    s.events,
		"GET /history":   s.ofLibrary((*library).past),
		"GET /inflight":  s.ofLibrary((*library).inside),
		"GET /healthz":   s.healthz,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		handle(method, path, handler)
		handle(method, path+"/{library}", handler)
	}
	handle("POST", "/call/{function}", s.ofLibrary((*library).call))
	handle("POST", "/call/{library}/{function}", s.ofLibrary((*library).call))
	handle("GET", "/libraries", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.Libraries()) })
	handle("GET", "/event/{id}", s.detail)
	handle("GET", "/debug/pprof/{$}", s.looks(s.debuggables))
	handle("GET", "/debug/pprof/{version}/{profile}", s.looks(s.profile))
	handle("GET", "/debug/vars/{version}", s.looks(s.vars))
	nothing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "nothing at %s; there are POST /call/Function, /swap, /rollback, /canary, /promote and /abort, GET /contract, /libraries, /versions, /events, /event/ID, /history, /inflight, /healthz, /metrics, /debug/pprof/ and /debug/vars/Library", r.URL.Path)
	})
	mux.Handle("/", nothing)
	if !s.conf.NoPage {
		handle("GET", "/{$}", page.Handler(nothing))
		handle("GET", "/page/", page.Handler(nothing))
	}
	if s.metrics != nil {
		handle("GET", "/metrics", s.metrics.handler())
	}
	return s.retiring(s.inTurn(engaging(s.metrics.count(onlyUTF8(s.beside(s.door(mux)))))))
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

func (s *Server) versions(w http.ResponseWriter, r *http.Request) {
	l, err := s.libraryOf(r)
	switch {
	case err == nil:
		answer(w, http.StatusOK, l.versions())
	case errors.Is(err, errNoLibrary) && r.PathValue("library") == "":
		answer(w, http.StatusOK, Versions{Versions: []Version{}})
	default:
		failWhich(w, err)
	}
}

// Versions is what is known of all versions of a library, and which one serves.
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

// Versions lists the versions seen of a library. ok is false if there is no library of that name.
func (s *Server) Versions(library string) (v Versions, ok bool) {
	l := s.libraries.named(library)
	if l == nil {
		return v, false
	}
	return l.versions(), true
}

func (l *library) versions() Versions {
	v := Versions{Name: l.name, Versions: []Version{}}
	pages := l.server.journal.pages()
	add := func(infos []host.VersionInfo) {
		for _, i := range infos {
			v.Versions = append(v.Versions, Version{i, pages[i.File]})
		}
	}
	add(l.slot.Versions())
	if lib := l.slot.Current(); lib != nil {
		v.Serving = lib.Version()
	}
	if c := canaryOf(l.slot); c != nil {
		v.Canary = c.Version
	}
	add(l.notes.all())
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
