package server

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// call answers POST /call/{function}.
func (l *library) call(w http.ResponseWriter, r *http.Request) {
	name, s, slot := r.PathValue("function"), l.server, l.slot
	share := s.budget.share()
	defer share.release()
	parse := parser(parseArguments)
	known := l.serving()
	c := l.contractCall(r, known, name)
	if c != nil {
		name, parse = c.function, c.parse
	}
	args, err := s.readArguments(w, r, share, parse)
	if err != nil {
		failCall(w, slot, name, err)
		return
	}
	key := keyOf(name, share)
	switch t := known.results[name]; {
	case t == abi.Stream:
		l.stream(w, r, name, args, share, c)
		return
	case large(t):
		if err := l.results.expect(r.Context(), share, key); err != nil {
			failCall(w, slot, name, err)
			return
		}
		if l.results.largest(key) > smallBytes {
			_, end, err := s.turn(r)
			if err != nil {
				failCall(w, slot, name, err)
				return
			}
			defer end()
		}
	}
	inside := l.inflight.begin(slot, name)
	result, err := slot.Call(l.withKey(r), name, inside.noting(args)...)
	inside.end()
	share.become(l.results.saw(key, result.Value))
	switch {
	case err == nil && c != nil:
		err = c.writeReply(w, result)
	case err == nil:
		err = writeReply(w, result.Value, result.Version)
	}
	if err != nil {
		failCall(w, slot, name, c.named(err))
	}
}

// untilItReturns has a request last as long as its call, also if its client is gone: a client
// that always goes at once would have ever more calls inside.
const untilItReturns = 100 * 365 * 24 * time.Hour

// firstLine leaves out stacks, which are not for clients.
func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

func unknown(slot *host.Slot, name string) string {
	text := fmt.Sprintf("%s has no function %s", slot.Name(), name)
	if lib := slot.Current(); lib != nil {
		var names []string
		for _, f := range lib.Description().Manifest.Functions {
			names = append(names, f.Name)
		}
		text += "; v" + lib.Version() + " has " + strings.Join(names, ", ")
	}
	return text
}

// reason is what is wrong with a request, without the steps of the host.
func reason(err error) error {
	var e *host.Error
	if errors.As(err, &e) && e.Cause != nil {
		return e.Cause
	}
	return err
}
