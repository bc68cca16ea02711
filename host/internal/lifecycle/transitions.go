package lifecycle

import (
	"slices"

	"github.com/hotso/hotso/host/life"
)

// transitions is the one table of states: from each, those that may follow. The first
// of a version is Found.
//
//	found → verified → loaded → started → healthy ┬→ restored ┐
//	                                              ├→ canary ──┼→ serving → warm → serving …
//	                                              └───────────┘      │        │
//	                                                                 └→ retiring → drained → unloaded
//
// A version that takes over is restored between started and healthy. Whatever is loaded may crash, and is drained then without retiring. What is given up
// before it is loaded goes straight to unloaded. Failed and
// refused are verdicts, not stages: they may come at any time, even when the version
// is gone already. The steps that follow a verdict are reported as events, but the version
// is still shown with its verdict.
var transitions = map[life.State][]life.State{
	"":               {life.Found},
	life.Found:       {life.Verified, life.Unloaded},
	life.Verified:    {life.Loaded, life.Crashed, life.Drained, life.Quarantined, life.Unloaded},
	life.Loaded:      {life.Started, life.Crashed, life.Drained, life.Quarantined},
	life.Started:     {life.Healthy, life.Restored, life.Crashed, life.Drained, life.Quarantined},
	life.Healthy:     {life.Restored, life.Canary, life.Serving, life.Retiring, life.Drained, life.Quarantined, life.Crashed},
	life.Restored:    {life.Serving, life.Healthy, life.Retiring, life.Drained, life.Quarantined, life.Crashed},
	life.Canary:      {life.Canary, life.Serving, life.Retiring, life.Crashed},
	life.Serving:     {life.Serving, life.Warm, life.Retiring, life.Crashed},
	life.Warm:        {life.Serving, life.Retiring, life.Crashed},
	life.Retiring:    {life.Drained, life.Quarantined, life.Crashed},
	life.Drained:     {life.Unloaded, life.Resident, life.Quarantined, life.Crashed},
	life.Crashed:     {life.Drained, life.Quarantined, life.Unloaded, life.Resident},
	life.Quarantined: {life.Quarantined, life.Crashed, life.Drained, life.Unloaded, life.Resident},
	life.Unloaded:    {},
	life.Resident:    {},
}

// verdict reports whether a state says what became of a version, and not where it is.
func verdict(s life.State) bool { return s == life.Failed || s == life.Refused }

// ended reports whether a version at that stage is gone, or will not be touched again.
func ended(s life.State) bool { return s == life.Unloaded || s == life.Resident }

// A stage is where a version is, and what became of it.
type stage struct {
	at      life.State
	verdict life.State // Failed, Refused or none
	crashed bool
}

// A step's outcome.
type outcome int

const (
	taken     outcome = iota
	overtaken         // by a crash: there is nothing to tell any more
	illegal           // the table does not have it
	noted             // it is no step
)

// move takes the step to s.
func (p *stage) move(s life.State) outcome {
	switch {
	case s == life.Conflicting && ended(p.at):
		return overtaken
	case s == life.Conflicting:
		return noted
	case verdict(s):
		p.verdict = s
		return taken
	case slices.Contains(transitions[p.at], s):
		p.at = s
		p.crashed = p.crashed || s == life.Crashed
		if s == life.Serving { // once more, on a rollback
			p.verdict = ""
		}
		return taken
	case p.crashed && !slices.Contains(exits, s):
		return overtaken
	}
	return illegal
}

// exits are the steps on a version's way out, which a crash does not spare it.
var exits = []life.State{life.Crashed, life.Drained, life.Quarantined, life.Unloaded, life.Resident}

// state is what is shown: the verdict, unless the version is still in the way.
func (p *stage) state() life.State {
	if p.verdict == "" || p.at == life.Quarantined || p.at == life.Resident {
		return p.at
	}
	return p.verdict
}
