package server

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/host"
)

// libraries are those of a server, which only become more. Requests read them without a lock.
type libraries struct {
	mu  sync.Mutex // held by who adds one
	all atomic.Pointer[[]*library]
}

// list has them in the order of their names. It must not be changed.
func (ls *libraries) list() []*library {
	if all := ls.all.Load(); all != nil {
		return *all
	}
	return nil
}

func (ls *libraries) named(name string) *library {
	all := ls.list()
	if i, ok := slices.BinarySearchFunc(all, name, byName); ok {
		return all[i]
	}
	return nil
}

func byName(l *library, name string) int { return strings.Compare(l.name, name) }

// get returns the library of that name, which is made if it is not there.
func (ls *libraries) get(name string, make func(string) *library) *library {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if l := ls.named(name); l != nil {
		return l
	}
	l := make(name)
	all := slices.Clone(ls.list())
	i, _ := slices.BinarySearchFunc(all, name, byName)
	all = slices.Insert(all, i, l)
	ls.all.Store(&all)
	return l
}

// Errors of a request that does not say of which library it is.
var (
	errNoLibrary      = fmt.Errorf("there is no library yet: %w", host.ErrEmpty)
	errUnknownLibrary = errors.New("there is no such library")
	errWhichLibrary   = errors.New("there are several libraries")
)

// libraryOf is the library that a request is about: that in its path; without one, the only one
// of the directory whose socket it came through, or of the server.
func (s *Server) libraryOf(r *http.Request) (*library, error) {
	if name := r.PathValue("library"); name != "" {
		return s.libraryNamed(name)
	}
	all := s.ofDirectory(r)
	switch len(all) {
	case 0:
		return nil, errNoLibrary
	case 1:
		return all[0], nil
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	path := "/" + first + "/" + all[0].name
	if rest != "" {
		path += "/" + rest
	}
	return nil, fmt.Errorf("%w: %s; name one in the path, such as %s (--name of the commands)", errWhichLibrary, namesOf(all), path)
}

func (s *Server) libraryNamed(name string) (*library, error) {
	if l := s.libraries.named(name); l != nil {
		return l, nil
	}
	if all := s.libraries.list(); len(all) > 0 {
		return nil, fmt.Errorf("%w: %s; there is %s", errUnknownLibrary, name, namesOf(all))
	}
	return nil, errNoLibrary
}

// ofDirectory are the libraries of the directory whose socket a request came through, else all.
func (s *Server) ofDirectory(r *http.Request) []*library {
	all := s.libraries.list()
	c := connOf(r)
	if c == nil || c.dir == "" {
		return all
	}
	var here []*library
	for _, l := range all {
		if dir := l.directory(); dir == "" || dir == c.dir {
			here = append(here, l)
		}
	}
	return here
}

func namesOf(all []*library) string {
	var names []string
	for _, l := range all {
		names = append(names, l.name)
	}
	return strings.Join(names, ", ")
}

// ofLibrary wraps a handler that is for one library.
func (s *Server) ofLibrary(h func(*library, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l, err := s.libraryOf(r)
		if err != nil {
			failWhich(w, err)
			return
		}
		h(l, w, r)
	}
}

// failWhich answers a request for which there is no library.
func failWhich(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errUnknownLibrary):
		failFor(w, http.StatusNotFound, err, err.Error())
	case errors.Is(err, errWhichLibrary):
		failFor(w, http.StatusBadRequest, err, err.Error())
	default:
		failFor(w, http.StatusServiceUnavailable, err, nobody)
	}
}

// A Library is what GET /libraries says of one.
type Library struct {
	Name      string `json:"name"`
	Directory string `json:"directory"`         // empty until there is a version of it in one
	Channel   string `json:"channel,omitempty"` // that decides which versions are there: oci://...
	Serving   string `json:"serving,omitempty"` // version
	Canary    string `json:"canary,omitempty"`  // version
	State     string `json:"state"`             // serving or waiting
	// Exclusive: the version that serves asks to be the only one that is live (cabi.Exclusive).
	Exclusive bool `json:"exclusive,omitempty"`
}

// Libraries lists what is served, in the order of names. It is safe for concurrent use.
func (s *Server) Libraries() []Library {
	list := []Library{}
	for _, l := range s.libraries.list() {
		info := Library{Name: l.name, Directory: l.directory(), State: waiting}
		info.Channel = s.conf.Channels[info.Directory]
		if lib := l.slot.Current(); lib != nil {
			info.Serving, info.State = lib.Version(), serving
			info.Exclusive = lib.Description().Exclusive
		}
		if c := canaryOf(l.slot); c != nil {
			info.Canary = c.Version
		}
		list = append(list, info)
	}
	return list
}
