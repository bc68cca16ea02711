package lifecycle

import (
	"errors"
	"maps"
	"slices"

	"github.com/hotso/hotso/host/life"
)

// A tally counts what has become of a slot's versions. Its zero value is ready.
type tally struct {
	reached  map[life.State]int64
	outcomes map[life.Outcome]int64
	refused  map[string]int64
	crashes  map[life.CrashKind]int64
	freed    map[string]life.Resource
	unload   life.Histogram
}

// count adds the step by which a version has come into a state.
func (t *tally) count(state life.State, ev life.Event) {
	if t.reached == nil {
		*t = tally{reached: map[life.State]int64{}, outcomes: map[life.Outcome]int64{}, refused: map[string]int64{},
			crashes: map[life.CrashKind]int64{}, freed: map[string]life.Resource{}}
	}
	t.reached[state]++
	if ev.Outcome != "" {
		t.outcomes[ev.Outcome]++
	}
	var crash *life.Crash
	switch {
	case ev.Outcome == life.OutcomeRefused || ev.Outcome == life.OutcomeFailed:
		t.refused[life.ReasonName(ev.Err)]++
	case state == life.Crashed && errors.As(ev.Err, &crash):
		t.crashes[crash.Kind]++
	}
	if ev.Report == nil {
		return
	}
	for _, r := range ev.Report.Resources {
		sum := t.freed[r.Kind]
		t.freed[r.Kind] = life.Resource{Kind: r.Kind, Found: sum.Found + r.Found, Freed: sum.Freed + r.Freed, Left: sum.Left + r.Left, Bytes: sum.Bytes + r.Bytes}
	}
	t.unload = t.unload.Plus(life.Histogram{Sum: ev.Took, First: life.BucketOf(ev.Took), Counts: []uint64{1}})
}

// Figures are what the tally says, and the figures of each version.
func (s *Slot) Figures() life.SlotFigures {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := life.SlotFigures{Name: s.Name(), Waiting: s.waiting.Load(), Versions: make([]life.VersionFigures, len(s.entries))}
	for i, e := range s.entries {
		f.Versions[i] = life.VersionFigures{VersionInfo: s.InfoLocked(e), Figures: e.callFigures()}
	}
	f.Earlier = maps.Clone(s.earlier)
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	t := &s.journal.tally
	f.Reached, f.Outcomes, f.Refused, f.Crashes, f.Freed = maps.Clone(t.reached), maps.Clone(t.outcomes), maps.Clone(t.refused), maps.Clone(t.crashes), maps.Clone(t.freed)
	f.Unload = t.unload
	return f
}

// callFigures are those of the version's calls.
func (e *Entry) callFigures() life.Figures {
	e.journal.mu.Lock()
	v, f := e.version, e.figures
	faults := maps.Clone(e.faults)
	e.journal.mu.Unlock()
	if v != nil {
		f = v.Target.AllFigures()
	}
	f.Faults = faults
	return f
}

// fault notes that the life of e went wrong. A step that comes again, as a canary's share does, is no other fault. The
// journal's lock is held.
func (e *Entry) fault(state life.State) {
	if !slices.Contains(life.FaultStates[:], state) || e.faults[state] > 0 {
		return
	}
	if e.faults == nil {
		e.faults = map[life.State]int64{}
	}
	e.faults[state] = 1
}
