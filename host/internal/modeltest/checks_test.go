package modeltest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/proc"
)

// patience is for what is sure to come, on a machine that may be busy.
const patience = 30 * time.Second

// eventually waits until f has nothing to say, and returns its last words.
func eventually(f func() string) (last string) {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if last = f(); last == "" || time.Now().After(end) {
			return last
		}
	}
}

// checkQuiet looks at a slot that nobody is changing: one version serves.
func (g *generation) checkQuiet() {
	why := eventually(func() string {
		count := map[host.State]int{}
		for _, v := range g.slot.Versions() {
			count[v.State]++
			if v.Share > 0 && v.State != host.Serving && v.State != host.Canary {
				return fmt.Sprintf("v%s is %s, and has a share of %v %%", v.Version, v.State, v.Share)
			}
		}
		switch {
		case count[host.Serving] > 1, count[host.Canary] > 1, count[host.Warm] > 1:
			return fmt.Sprintf("versions are %v", count)
		case g.slot.Current() != nil && count[host.Serving] != 1:
			return fmt.Sprintf("v%s is the current one, and versions are %v", g.slot.Current().Version(), count)
		case g.slot.Current() == nil && count[host.Serving] != 0:
			return fmt.Sprintf("there is no current version, and versions are %v", count)
		}
		return ""
	})
	if why != "" {
		g.fault("%s, at rest: %s", g.lane.lib, why)
	}
}

// checkShares looks at a slot while it is being changed.
func (g *generation) checkShares() {
	sum, shares := 0.0, []string{}
	for _, v := range g.slot.Versions() {
		if v.Share > 0 {
			sum += v.Share
			shares = append(shares, fmt.Sprintf("v%s %s %v %%", v.Version, v.State, v.Share))
		}
	}
	if sum > 100.001 || len(shares) > 2 {
		g.fault("%s: shares of the calls: %s", g.lane.lib, strings.Join(shares, ", "))
	}
}

// checkLives looks at the events of a slot that was closed.
func (g *generation) checkLives() {
	var files map[string]explanations
	disorder := ""
	why := eventually(func() string {
		if files, disorder = explainAll(g.journal.all()); disorder != "" {
			return "" // waiting mends nothing
		}
		return unfinished(files)
	})
	if why = cmp.Or(disorder, why); why != "" {
		g.fault("%s, closed: %s", g.lane.lib, why)
		return
	}
	total := 0
	for _, e := range files {
		total += len(e[0])
	}
	g.checkListed(files, total)
}

// explainAll has the model go through all events, by file.
func explainAll(events []host.Event) (files map[string]explanations, fault string) {
	files = map[string]explanations{}
	var last time.Time
	for i, e := range events {
		before := files[e.File]
		if before == nil {
			before = explanations{nil}
		}
		after := before.step(e.State)
		if after == nil {
			return nil, fmt.Sprintf("%s (%s) must not come now; the model has %v\n%s",
				e.State, e.Detail, before, history(events[:i+1], e.File))
		}
		files[e.File] = after
		if e.Time.Before(last) {
			return nil, fmt.Sprintf("%s of v%s comes after a later event", e.State, e.Version)
		}
		last = e.Time
	}
	return files, ""
}

// history is what was told about a file, and what else at that time.
func history(events []host.Event, file string) string {
	var b strings.Builder
	begin := max(len(events)-60, 0)
	for i, e := range events {
		mark := "  "
		if e.File == file {
			mark = "* "
		}
		if i >= begin || e.File == file {
			fmt.Fprintf(&b, "\t%s%s v%s %s %s\n", mark, e.Time.Format("05.000000"), e.Version, e.State, e.Detail)
		}
	}
	return b.String()
}

// unfinished names a version whose life is not over by any explanation.
func unfinished(files map[string]explanations) string {
	for file, e := range files {
		if !slices.ContainsFunc(e, lives.over) {
			return fmt.Sprintf("%s is not over: %v", file, e)
		}
	}
	return ""
}

func (l lives) over() bool {
	return !slices.ContainsFunc(l, func(one life) bool { return !one.over() })
}

// remembered is how many versions a slot lists at least.
const remembered = 64

// checkListed compares Versions with the last events.
func (g *generation) checkListed(files map[string]explanations, total int) {
	listed := map[string][]host.State{}
	for _, v := range g.slot.Versions() {
		listed[v.File] = append(listed[v.File], v.State)
	}
	for file, states := range listed {
		if !slices.ContainsFunc(files[file], func(l lives) bool {
			return l.over() && l.lists(states) && (total > remembered || len(l) == len(states))
		}) {
			g.fault("%s: of %s Versions has %v, and the events %v", g.lane.lib, file, states, files[file])
		}
	}
}

// lists reports whether Versions may have the lives in those states: it forgets the
// oldest.
func (l lives) lists(states []host.State) bool {
	var own []host.State
	for _, one := range l {
		own = append(own, one.listed())
	}
	for _, s := range states {
		i := slices.Index(own, s)
		if i < 0 {
			return false
		}
		own = slices.Delete(own, i, i+1)
	}
	return true
}

// checkAnswers wants each version that has answered a call to have been one to call. The
// event that it is healthy comes before calls can reach it, and whatever tells that they
// don't any more comes after.
func (g *generation) checkAnswers() {
	type span struct{ from, to time.Time }
	spans, loads := map[string]*span{}, map[string]int{}
	for _, e := range g.journal.all() {
		s := spans[e.Version]
		switch e.State {
		case host.Verified, host.Loaded: // it is loaded again without being verified
			loads[e.Version]++
		case host.Healthy:
			if s == nil {
				spans[e.Version] = &span{from: e.Time}
			}
		case host.Retiring, host.Drained, host.Quarantined, host.Crashed, host.Failed:
			if s != nil && s.to.IsZero() {
				s.to = e.Time
			}
		}
	}
	for _, a := range g.answers.all {
		s := spans[a.version]
		once := loads[a.version] <= 2
		switch {
		case s == nil:
			g.fault("%s: v%s has answered a call, and was never healthy", g.lane.lib, a.version)
		case a.end.Before(s.from):
			g.fault("%s: v%s has answered a call before it was healthy", g.lane.lib, a.version)
		case once && !s.to.IsZero() && a.begin.After(s.to):
			g.fault("%s: v%s has answered a call that began %v after it was replaced", g.lane.lib, a.version, a.begin.Sub(s.to))
		}
	}
}

// leftovers are what libraries have in the process now, compared with before.
func leftovers(before map[string]int) string {
	now, err := holdings()
	if err != nil {
		return err.Error()
	}
	var left []string
	for what, n := range now {
		if n > before[what] {
			left = append(left, fmt.Sprintf("%d of %s", n-before[what], what))
		}
	}
	slices.Sort(left)
	return strings.Join(left, ", ")
}

// holdings counts the mappings of libraries and the open files.
func holdings() (map[string]int, error) {
	held := map[string]int{}
	maps, err := proc.Maps("hotso:")
	if err != nil {
		return nil, err
	}
	for _, m := range maps {
		held["mapping "+m.Path]++
	}
	files, err := proc.Descriptors()
	for _, link := range files {
		held["descriptor "+link]++
	}
	return held, err
}
