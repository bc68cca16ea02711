package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/hotso/hotso/host"
)

// A Debuggable is a version that is in the process, as GET /debug/pprof/ lists it.
type Debuggable struct {
	Library  string     `json:"library"` // name@version, as the paths have it
	State    host.State `json:"state"`
	Profiles []string   `json:"profiles"`        // names
	Error    string     `json:"error,omitempty"` // why there are none
}

// debuggables answers GET /debug/pprof/.
func (s *Server) debuggables(w http.ResponseWriter, r *http.Request) {
	all := s.ofDirectory(r)
	if len(all) == 0 {
		failWhich(w, errNoLibrary)
		return
	}
	list := []Debuggable{}
	for _, lib := range inProcess(all) {
		d := Debuggable{Library: pathName(lib), State: lib.State(), Profiles: []string{}}
		var names bytes.Buffer
		if err := lib.Profile(r.Context(), &names, ""); err != nil {
			d.Error = err.Error()
		} else {
			d.Profiles = strings.Fields(names.String())
		}
		list = append(list, d)
	}
	answer(w, http.StatusOK, list)
}

// inProcess are all versions that are in the process.
func inProcess(all []*library) (libs []*host.Library) {
	for _, l := range all {
		libs = append(libs, l.slot.Libraries()...)
	}
	return libs
}

func pathName(lib *host.Library) string { return lib.Name() + "@" + lib.Version() }

// profile answers GET /debug/pprof/NAME@VERSION/PROFILE.
func (s *Server) profile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("profile")
	if r.URL.RawQuery != "" {
		name += "?" + r.URL.RawQuery
	}
	s.debug(w, r, func(ctx context.Context, lib *host.Library, w *report) error {
		w.kind, w.file = "application/octet-stream", pathName(lib)+"."+r.PathValue("profile")
		if debug := r.FormValue("debug"); debug != "" && debug != "0" {
			w.kind, w.file = "text/plain; charset=utf-8", ""
		}
		return lib.Profile(ctx, w, name)
	})
}

// vars answers GET /debug/vars/NAME@VERSION.
func (s *Server) vars(w http.ResponseWriter, r *http.Request) {
	s.debug(w, r, func(ctx context.Context, lib *host.Library, w *report) error {
		w.kind = "application/json"
		return lib.Vars(ctx, w)
	})
}

// debug answers with what a version writes down, as it comes. What breaks off breaks the
// connection. The end of the server ends it, too.
func (s *Server) debug(w http.ResponseWriter, r *http.Request, write func(context.Context, *host.Library, *report) error) {
	all := s.libraries.list()
	if len(all) == 0 {
		failWhich(w, errNoLibrary)
		return
	}
	asked := r.PathValue("version")
	var lib *host.Library
	name, _, _ := strings.Cut(asked, "@")
	if l := s.libraries.named(name); l != nil {
		lib = named(l.slot, asked)
	}
	if lib == nil {
		var there []string
		for _, lib := range inProcess(all) {
			there = append(there, pathName(lib))
		}
		for _, l := range all {
			there = append(there, l.name)
		}
		fail(w, http.StatusNotFound, "there is no %s in the process; there is %s", asked, strings.Join(there, ", "))
		return
	}
	share := s.budget.share()
	if err := share.grow(r.Context(), streamBytes); err != nil {
		failCall(w, nil, asked, err)
		return
	}
	defer share.release()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ending, cancel)()
	out := &report{ResponseWriter: w}
	switch err := write(ctx, lib, out); {
	case err == nil:
		out.begin()
	case out.begun, statusOf(err) == 0:
		panic(http.ErrAbortHandler)
	case errors.Is(err, host.ErrClosed):
		fail(w, http.StatusServiceUnavailable, "%s has ended", asked)
	case errors.Is(err, host.ErrBusy):
		fail(w, http.StatusConflict, "%v", err)
	default:
		fail(w, statusOf(err), "%v", err)
	}
}

// named is the version of that name: NAME@VERSION, or NAME for the one that serves.
func named(slot *host.Slot, asked string) (found *host.Library) {
	if asked == slot.Name() {
		return slot.Current()
	}
	for _, lib := range slot.Libraries() {
		if pathName(lib) == asked {
			found = lib // the last, if it was loaded again
		}
	}
	return found
}

// A report is an answer whose status is known only when there is something of it.
type report struct {
	http.ResponseWriter
	kind  string // of the content
	file  string // to save it as, if it is not to be shown
	begun bool
}

var _ io.Writer = (*report)(nil)

func (p *report) begin() {
	if !p.begun {
		p.begun = true
		p.Header().Set("Content-Type", p.kind)
		if p.file != "" {
			p.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.file}))
		}
		p.Header().Set("X-Content-Type-Options", "nosniff")
		p.WriteHeader(http.StatusOK)
	}
}

func (p *report) Write(b []byte) (int, error) {
	p.begin()
	return p.ResponseWriter.Write(b)
}
