package instance

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/sigdispatch"
)

// A TakenSignal is one whose handler somebody has replaced, and the host has taken back. Theirs is called for what no
// library has to do with.
type TakenSignal struct {
	Signal  string `json:"signal"`           // SIGSEGV
	Object  string `json:"object,omitempty"` // the file name of what has the handler, if there is one
	Handler string `json:"handler"`          // its address
}

// TakeSignals takes back the signals that libraries need, and returns those that others have taken since the last time.
// It is done before each load, too.
func TakeSignals() ([]TakenSignal, error) {
	taken, err := sigdispatch.TakeBack()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	if len(taken) == 0 || err != nil {
		return nil, err
	}
	maps, err := proc.Maps("")
	if err != nil {
		return nil, err
	}
	var list []TakenSignal
	for _, t := range taken {
		s := TakenSignal{Signal: t.Signal, Handler: fmt.Sprintf("%#x", t.Handler)}
		for _, m := range maps {
			if m.Low <= uint64(t.Handler) && uint64(t.Handler) < m.High && m.Path != "" {
				s.Object = filepath.Base(m.Path)
			}
		}
		list = append(list, s)
	}
	return list, nil
}
