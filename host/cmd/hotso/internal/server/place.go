package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/watch"
)

// ErrTwice means that two directories have versions of the same library.
var ErrTwice = errors.New("two directories have the same library")

const (
	findFirst = 200 * time.Millisecond // between looks at a directory that has no library yet
	findMore  = time.Second            // ... that may have others later
)

// A place is a directory that libraries come from. Its methods are for one goroutine.
type place struct {
	server  *Server
	dir     string
	state   *stateFile
	recheck chan struct{} // files are judged again

	mine  []*library // that are here, in the order in which they were found
	seen  namesSeen
	told  string                   // why there is no library yet
	tells map[string]watch.Version // by name: refused files that were told
	twice map[string]bool          // names that were told to be elsewhere
}

func newPlace(s *Server, dir string) *place {
	return &place{server: s, dir: dir, state: newStateFile(filepath.Join(dir, StateName)), recheck: make(chan struct{}, 1),
		tells: map[string]watch.Version{}, twice: map[string]bool{}}
}

// findFirst has what is in the directories already known before the first request comes.
func (s *Server) findFirst() error {
	for _, name := range s.conf.Names {
		if err := version.CheckName(name); err != nil {
			return err
		}
		l := s.libraries.get(name, s.newLibrary)
		if len(s.places) == 1 { // which may have it later
			s.places[0].take(l)
		}
	}
	for _, p := range s.places {
		for _, name := range p.look() {
			if err := p.claim(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// find follows the libraries of the directory, and those that appear, until ctx ends.
func (p *place) find(ctx context.Context) {
	var following sync.WaitGroup
	defer following.Wait()
	followed := 0
	for {
		for ; followed < len(p.mine); followed++ {
			l := p.mine[followed]
			following.Go(func() { l.follow(ctx, p.dir) })
		}
		if p.isComplete() {
			return
		}
		every := findMore
		if len(p.mine) == 0 {
			every = findFirst
		}
		select {
		case <-ctx.Done():
			return
		case <-p.recheck:
			p.seen = namesSeen{} // other keys are trusted
		case <-time.After(every):
		}
		for _, name := range p.look() {
			if err := p.claim(name); err != nil && !p.twice[name] {
				p.twice[name] = true
				p.server.emit(host.Event{Name: name, State: Trouble, Detail: err.Error(), Err: err})
			}
		}
	}
}

// isComplete reports whether all libraries that were asked for are found, here or elsewhere.
func (p *place) isComplete() bool {
	chosen := p.server.conf.Names
	return len(chosen) > 0 && !slices.ContainsFunc(chosen, func(name string) bool { return p.server.libraries.named(name).directory() == "" })
}

// take has a library be followed here.
func (p *place) take(l *library) {
	l.memory.open(p.state, l.name, func() bool { return l.settings().Remember && !p.server.conns.retiring.Load() })
	l.dir.Store(&p.dir)
	p.mine = append(p.mine, l)
}

// claim takes the library of that name, unless it is elsewhere.
func (p *place) claim(name string) error {
	s := p.server
	l := s.libraries.get(name, s.newLibrary)
	s.claiming.Lock()
	defer s.claiming.Unlock()
	if dir := l.directory(); dir != "" {
		return fmt.Errorf("%w: %s is in %s and in %s, and only one of them is served: remove it from the other, or rename it (hotso build --name)", ErrTwice, name, dir, p.dir)
	}
	p.take(l)
	return nil
}

// look returns the names of the libraries that are in the directory and not followed here, and
// tells what keeps a file from being one.
func (p *place) look() (found []string) {
	names, err := namesOfFiles(p.dir)
	why := err
	for _, name := range names {
		if !p.wants(name) {
			continue
		}
		v, refusal := p.seen.judge(p.dir, name, p.server.optionsOf(name))
		if refusal == nil {
			found = append(found, name)
			continue
		}
		if why == nil {
			why = refusal
		}
		p.refused(v, refusal)
	}
	if len(found) == 0 && len(p.mine) == 0 {
		p.tell(why)
	}
	return found
}

// wants reports whether a library is to be served from here, and is not yet.
func (p *place) wants(name string) bool {
	if chosen := p.server.conf.Names; len(chosen) > 0 && !slices.Contains(chosen, name) {
		return false
	}
	return !p.twice[name] && !slices.ContainsFunc(p.mine, func(l *library) bool { return l.name == name })
}

// tell says once why there is no library yet. A directory that isn't there may come, and a file
// may be whole later.
func (p *place) tell(why error) {
	if why == nil || errors.Is(why, fs.ErrNotExist) || errors.Is(why, errNoVersion) || why.Error() == p.told {
		return
	}
	p.told = why.Error()
	p.server.emit(host.Event{State: Trouble, Detail: "no library to serve yet: " + p.told, Err: why})
}

// refused tells of a file that would be the first version of a further library. It may have to be
// written still.
func (p *place) refused(v watch.Version, err error) {
	if len(p.mine) == 0 || errors.Is(err, errNoVersion) || time.Since(v.ModTime) < defaultPatience || p.tells[v.Name] == v {
		return
	}
	p.tells[v.Name] = v
	p.server.emit(host.Event{Name: v.Name, Version: v.Text, File: v.Path, State: host.Refused, Detail: refusal(err), Err: err})
}
