package modeltest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hotso/hotso/host"
)

// next says which states may follow which, as the documentation of package host has the
// life of a version. It is written by hand, so that it can disagree with the code.
var next = map[host.State][]host.State{
	"": {host.Found},

	// On the way in. What is loaded again from the slot's own copy was verified before.
	// What is given up because the slot is closed has not failed.
	host.Found:    {host.Verified, host.Loaded, host.Refused, host.Failed, host.Drained, host.Crashed, host.Unloaded},
	host.Verified: {host.Loaded, host.Failed, host.Drained, host.Crashed, host.Quarantined, host.Unloaded},
	host.Loaded:   {host.Started, host.Failed, host.Drained, host.Crashed, host.Quarantined},
	host.Started:  {host.Healthy, host.Restored, host.Failed, host.Drained, host.Crashed, host.Quarantined},
	host.Healthy:  {host.Serving, host.Canary, host.Restored, host.Failed, host.Drained, host.Crashed, host.Quarantined},
	host.Restored: {host.Serving, host.Healthy, host.Failed, host.Drained, host.Crashed, host.Quarantined}, // healthy then if it takes over

	// While calls reach it, or may again. Some are told twice, with news.
	host.Canary:  {host.Canary, host.Serving, host.Failed, host.Retiring, host.Crashed},
	host.Serving: {host.Serving, host.Warm, host.Failed, host.Retiring, host.Crashed},
	host.Warm:    {host.Serving, host.Retiring, host.Crashed},

	// On the way out. A crash may come at any time before the last thread has ended.
	host.Failed:      {host.Retiring, host.Drained, host.Crashed, host.Quarantined, host.Unloaded, host.Resident},
	host.Crashed:     {host.Failed, host.Drained, host.Quarantined, host.Unloaded, host.Resident},
	host.Retiring:    {host.Drained, host.Quarantined, host.Crashed},
	host.Drained:     {host.Unloaded, host.Resident, host.Quarantined, host.Crashed, host.Failed},
	host.Quarantined: {host.Quarantined, host.Unloaded, host.Resident, host.Crashed, host.Failed},

	// What never got as far as to serve may be told to have failed when it is gone.
	host.Unloaded: {host.Failed},
	host.Resident: {host.Failed},
	host.Refused:  nil,
}

// A life is what the model knows of one version that was loaded once.
type life struct {
	state  host.State
	served bool // calls reached it
	loaded bool // something of it may be in the process
	failed bool // and was not taken back
}

// step is the life after an event, if that may come.
func (l life) step(s host.State) (life, bool) {
	if !slices.Contains(next[l.state], s) {
		return l, false
	}
	switch s {
	case host.Loaded, host.Drained, host.Crashed, host.Quarantined:
		l.loaded = true
	case host.Serving, host.Canary:
		l.served, l.failed = true, false
	case host.Unloaded, host.Resident:
		l.loaded = false
	case host.Failed:
		if (l.state == host.Unloaded || l.state == host.Resident) && l.served {
			return l, false // it was over
		}
		l.failed = true
	}
	l.state = s
	return l, true
}

// over reports whether nothing more is due.
func (l life) over() bool {
	switch l.state {
	case host.Refused, host.Unloaded, host.Resident:
		return true
	case host.Failed:
		return !l.loaded
	}
	return false
}

// listed is how Slot.Versions has it: that a version failed matters more than what became
// of it then.
func (l life) listed() host.State {
	switch l.state {
	case host.Crashed, host.Retiring, host.Drained, host.Unloaded:
		if l.failed {
			return host.Failed
		}
	}
	return l.state
}

// lives are those of one file: it may be loaded again while an earlier load of it is
// still on its way out.
type lives []life

// explanations are the lives that can have had the events so far. An event tells the
// file, not which of its lives it is about, so there may be several.
type explanations []lives

// step takes all explanations by one event.
func (e explanations) step(s host.State) (after explanations) {
	seen := map[string]bool{}
	add := func(l lives) {
		slices.SortFunc(l, func(a, b life) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if key := fmt.Sprint(l); !seen[key] {
			seen[key] = true
			after = append(after, l)
		}
	}
	for _, l := range e {
		if s == host.Found {
			add(append(slices.Clone(l), life{state: host.Found}))
			continue
		}
		for i := range l {
			if i > 0 && l[i] == l[i-1] {
				continue
			}
			if one, ok := l[i].step(s); ok {
				to := slices.Clone(l)
				to[i] = one
				add(to)
			}
		}
	}
	return after
}
