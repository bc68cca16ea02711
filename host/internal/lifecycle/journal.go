package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// A journal sets the states of versions and brings their events to the host: in order,
// each once, by one goroutine at a time, with no lock held. So the host's function may
// take as long as it likes, and do with any slot what it likes.
type journal struct {
	name   string
	handle func(life.Event) // the host's, or nil

	mu      rank.Mutex[rank.Events] // guards what follows, and the entries; nothing is called under it
	tally   tally
	pending []life.Event
	busy    chan struct{} // closed when the goroutine that delivers has no more; nil if there is none
}

// An Entry is what is remembered of a version. It is guarded by its journal.
type Entry struct {
	journal *journal
	file    string
	stage   stage
	verdict string // why, if there is one
	info    life.VersionInfo
	figures life.Figures // of its calls, once it has ended
	faults  map[life.State]int64
	version *Version      // nil before it is prepared, and when it has ended
	gone    chan struct{} // closed when it has ended
}

// onIllegal is called for steps that the table does not have; tests set it.
var onIllegal atomic.Pointer[func(string)]

// OnIllegal has f called for each step that the table of states does not have. Such a
// step changes nothing, and no event reports it.
func OnIllegal(f func(string)) { onIllegal.Store(&f) }

// version is that of e, nil before it is prepared and when it has ended.
func (j *journal) version(e *Entry) *Version {
	j.mu.Lock()
	defer j.mu.Unlock()
	return e.version
}

// tell moves e to the event's state, and queues the event for the host.
func (j *journal) tell(e *Entry, ev life.Event) {
	if v := j.note(e, ev); v != nil {
		v.endEstate()
	}
}

// note is tell, and returns the version if that has ended.
func (j *journal) note(e *Entry, ev life.Event) (left *Version) {
	j.mu.Lock()
	defer j.mu.Unlock()
	from := e.stage
	ev.Time = time.Now()
	switch e.stage.move(ev.State) {
	case overtaken:
		return nil
	case noted:
		j.queue(e, ev)
		return nil
	case illegal:
		if f := onIllegal.Load(); f != nil {
			(*f)(fmt.Sprintf("%s v%s: %s after %s (%s)", j.name, e.info.Version, ev.State, from.at, ev.Detail))
		}
		return nil
	}
	if verdict(ev.State) {
		e.verdict = ev.Detail
	}
	e.info.State, e.info.Since, e.info.Reason = e.stage.state(), ev.Time, ev.Detail
	if verdict(e.info.State) { // which matters more than what became of it then
		e.info.Reason = e.verdict
	}
	j.tally.count(e.info.State, ev)
	e.fault(ev.State)
	if ended(e.stage.at) && e.version != nil {
		e.info.Calls, e.info.Errors = e.version.Target.Figures()
		e.figures = e.version.Target.AllFigures()
		left, e.version = e.version, nil // what an ended version keeps alive may go
		close(e.gone)
	}
	j.queue(e, ev)
	return left
}

// queue has an event of e delivered. The lock is held.
func (j *journal) queue(e *Entry, ev life.Event) {
	if j.handle == nil {
		return
	}
	ev.Name, ev.Version, ev.File = j.name, e.info.Version, e.file
	j.pending = append(j.pending, ev)
	undelivered.Add(1)
	if j.busy == nil {
		j.busy = make(chan struct{})
		go j.deliver()
	}
}

// deliver runs until there are no more events.
func (j *journal) deliver() {
	for {
		j.mu.Lock()
		if len(j.pending) == 0 {
			close(j.busy)
			j.busy = nil
			j.mu.Unlock()
			return
		}
		events := j.pending
		j.pending = nil
		j.mu.Unlock()
		for _, ev := range events {
			rank.Unlocked()
			j.handle(ev)
			undelivered.Add(-1)
		}
	}
}

// flush waits until the host has heard of every event before, or ctx ends. In
// the host's own function it does not wait, as that would be for itself.
func (j *journal) flush(ctx context.Context) {
	if within("(*journal).deliver") {
		return
	}
	j.mu.Lock()
	busy := j.busy
	j.mu.Unlock()
	if busy == nil {
		return
	}
	select {
	case <-busy:
	case <-ctx.Done():
	}
}

// Flush waits until the host has heard of every event so far, or ctx ends.
func (s *Slot) Flush(ctx context.Context) { s.journal.flush(ctx) }

// undelivered are the events of all journals that the hosts have not heard of.
var undelivered atomic.Int64

// Delivered waits until no journal has an event that its host has not heard of. It is
// for tests.
func Delivered() {
	for undelivered.Load() > 0 {
		time.Sleep(100 * time.Microsecond)
	}
}

// state is the one that is shown.
func (e *Entry) state() life.State {
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	return e.stage.state()
}

// reached is how far it has come, whatever became of it.
func (e *Entry) reached() life.State {
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	return e.stage.at
}

// name notes the version, once it is known.
func (e *Entry) name(version string) {
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	e.info.Version = version
}

// lives returns the version, unless it is not prepared yet, or has ended.
func (e *Entry) lives() (life.VersionInfo, *Version) {
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	return e.info, e.version
}

// newEntry begins the life of a version, whose file is at path.
func (j *journal) newEntry(path string) *Entry {
	return &Entry{journal: j, file: path, gone: make(chan struct{}), info: life.VersionInfo{File: path, State: life.Found, Since: time.Now()}}
}

// within reports whether a function of this package of that name is on the stack.
func within(name string) bool {
	return slices.ContainsFunc(callers(), func(f string) bool { return strings.HasSuffix(f, "/lifecycle."+name) })
}
