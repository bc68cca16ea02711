package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/private"
)

// ErrCrashLoop: the version crashed too often, see CrashLimit.
var ErrCrashLoop = errors.New("crash loop")

// A spare is a version that can be loaded again from its private copy, whatever
// became of its file.
type spare struct {
	desc  Description
	copy  *private.Copy
	edits []elfimage.Edit
}

// spare keeps what is needed to load l again; nil if l is gone. Its owner closes
// the copy.
func (l *Library) spare() *spare {
	if l.copy == nil || !l.copy.Retain() {
		return nil
	}
	return &spare{desc: *l.Description, copy: l.copy, edits: l.edits}
}

func (s *spare) close() {
	if s != nil {
		_ = s.copy.Close()
	}
}

// description reads the version, into r, as it was before it was patched.
func (s *spare) description(r *room) (*Description, error) {
	b, err := s.copy.Bytes(r.of)
	if err != nil {
		return nil, err
	}
	elfimage.Undo(b, s.edits)
	d := s.desc
	d.image = b
	d.ELF, err = elfimage.Parse(b)
	return &d, err
}

// key names the content of a version: the same file under another name is the
// same crash loop.
func (d *Description) key() string { return d.Version + " " + d.Manifest.Image.SHA256 }

// crashed notes that the runtime of l ended, and has the slot recover if calls
// go to it. Called once per crash; does not wait.
func (s *Slot) crashed(l *Library) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, now := l.key(), time.Now()
	if s.crashes == nil {
		s.crashes = map[string][]time.Time{}
	}
	recent := s.crashes[key][:0]
	for _, t := range s.crashes[key] {
		if now.Sub(t) < s.conf.crashWindow {
			recent = append(recent, t)
		}
	}
	s.crashes[key] = append(recent, now)
	if c := s.canary.Load(); c != nil && c.lib == l {
		s.dropCanary(c, l.death.crash.Error())
		return
	}
	if s.current.Load() != l {
		return
	}
	done := make(chan struct{})
	s.recovering.Store(&done)
	// Now, as the library's teardown, which closes its copy, comes after this.
	go s.recover(l, l.spare(), done)
}

// looping reports whether a version crashed too often. s.mu is held.
func (s *Slot) looping(d *Description) bool {
	return len(s.crashes[d.key()]) >= s.conf.crashLimit
}

// checkLoop refuses a version that crashed too often.
func (s *Slot) checkLoop(d *Description) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.looping(d) {
		return nil
	}
	return &Error{File: d.File, Name: d.Name, Version: d.Version, Step: StepVerify, Reason: ErrCrashLoop,
		Cause:  fmt.Errorf("%d crashes within %v", s.conf.crashLimit, s.conf.crashWindow),
		Advice: "change the file, or call Forgive"}
}

// Forgive forgets all crashes: versions in a crash loop may be loaded again.
func (s *Slot) Forgive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.crashes)
}

// recovered is closed when the last crash was dealt with.
func (s *Slot) recovered() <-chan struct{} {
	if done := s.recovering.Load(); done != nil {
		return *done
	}
	return nothing
}

// recover replaces a crashed version: by the warm one, by the last good one, or, if
// there is none, by itself, or at last by a canary. Calls that come meanwhile wait
// for done.
func (s *Slot) recover(dead *Library, itself *spare, done chan struct{}) {
	finish := sync.OnceFunc(func() { close(done) })
	defer finish()
	if s.recoverWarm(dead, finish) {
		itself.close()
		return
	}
	ctx := context.Background()
	s.mu.Lock()
	good := s.good
	s.good = nil
	s.mu.Unlock()
	candidates := []*spare{good, itself}
	for i, c := range candidates {
		if c == nil {
			continue
		}
		if s.current.Load() == dead && s.reload(ctx, dead, c) {
			candidates[i] = nil // it is the current version's now
		}
	}
	for _, c := range candidates {
		c.close()
	}
	// Nobody else: calls get the crash until the next version comes.
	if s.current.Load() == dead && !s.recoverCanary(dead) {
		s.mu.Lock()
		if s.current.CompareAndSwap(dead, nil) {
			s.lastCrash = dead.death.crash
		}
		s.mu.Unlock()
	}
}

// seeAgain begins another life of the version that c keeps.
func (s *Slot) seeAgain(c *spare) *VersionInfo {
	v := s.see(c.desc.File)
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Version = c.desc.Version
	return v
}

// openSpare opens what c keeps. v records its life.
func (s *Slot) openSpare(ctx context.Context, v *VersionInfo, c *spare) (*Library, error) {
	room, giveBack := borrowRoom()
	defer giveBack()
	d, err := c.description(room)
	if err != nil {
		return nil, err
	}
	return s.openFor(ctx, v, s.conf.prepare(d))
}

// reload loads a spare in place of a crashed version and reports whether it
// was good enough to serve.
func (s *Slot) reload(ctx context.Context, dead *Library, c *spare) bool {
	v := s.seeAgain(c)
	begin := time.Now()
	err := s.checkLoop(&c.desc)
	var lib *Library
	if err == nil {
		lib, err = s.openSpare(ctx, v, c)
	}
	if err != nil {
		s.emit(v, Event{State: Failed, Detail: "fallback: " + err.Error(), Err: err})
		return false
	}
	s.mu.Lock()
	ok := s.current.Load() == dead
	if ok {
		_, err = s.publishLocked(lib)
	}
	s.mu.Unlock()
	if !ok || err != nil {
		lib.discard(ctx)
		return false
	}
	_ = c.copy.Close()
	s.emit(v, Event{State: Serving, Passed: true, Took: time.Since(begin), Detail: fmt.Sprintf("fallback from v%s", dead.Version())})
	return true
}
