package server

import (
	"errors"
	"net/http"
)

// The states of a library, and of a server with several.
const (
	serving = "serving"
	waiting = "waiting"
)

type health struct {
	Status  string `json:"status"` // serving or waiting
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

type healthOfAll struct {
	Status    string   `json:"status"` // serving if all are
	Libraries []health `json:"libraries"`
}

func (l *library) health() health {
	if lib := l.slot.Current(); lib != nil {
		return health{Status: serving, Name: l.name, Version: lib.Version()}
	}
	return health{Status: waiting, Name: l.name}
}

// healthz answers GET /healthz: of one library, or of several whether all serve.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	l, err := s.libraryOf(r)
	switch {
	case err == nil:
		h := l.health()
		answer(w, statusOfHealth(h.Status), h)
	case errors.Is(err, errWhichLibrary):
		all := healthOfAll{Status: serving}
		for _, l := range s.ofDirectory(r) {
			h := l.health()
			if all.Libraries = append(all.Libraries, h); h.Status != serving {
				all.Status = waiting
			}
		}
		answer(w, statusOfHealth(all.Status), all)
	case errors.Is(err, errNoLibrary) && r.PathValue("library") == "":
		answer(w, http.StatusServiceUnavailable, health{Status: waiting})
	default:
		failWhich(w, err)
	}
}

func statusOfHealth(status string) int {
	if status == serving {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}
