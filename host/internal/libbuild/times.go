package libbuild

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"time"
)

// Times are where the time of a build went, one after the other.
type Times struct {
	Load    time.Duration // go build finds out what there is to do
	Compile time.Duration // until the link begins
	Cgo     time.Duration // part of Compile in which cgo or the C compiler ran
	Link    time.Duration
	Seal    time.Duration // after go build: the manifest, and the file
}

// An action is what go build did, as -debug-actiongraph tells it (cmd/go/internal/work/action.go, actionJSON).
// The flag is not documented: what it does not tell is 0.
type action struct {
	Mode                string
	TimeStart, TimeDone time.Time
	CmdReal             time.Duration // of the commands that it ran; what was in the cache has run none
}

// read reads how the time of a go build from begin to end went.
func (t *Times) read(path string, begin, end time.Time) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	var actions []action
	if json.Unmarshal(text, &actions) == nil {
		t.split(actions, begin, end)
	}
}

func (t *Times) split(actions []action, begin, end time.Time) {
	first, link := end, end
	var c [][2]time.Time
	for _, a := range actions {
		if a.TimeStart.IsZero() || a.TimeDone.IsZero() {
			continue
		}
		if a.TimeStart.Before(first) {
			first = a.TimeStart
		}
		switch {
		case a.Mode == "link":
			link = a.TimeStart
		case strings.Contains(a.Mode, "cgo") && a.CmdReal > 0:
			c = append(c, [2]time.Time{a.TimeStart, a.TimeDone})
		}
	}
	t.Load, t.Compile, t.Link, t.Cgo = first.Sub(begin), link.Sub(first), end.Sub(link), covered(c)
}

// covered is how long at least one of the spans lasted.
func covered(spans [][2]time.Time) (sum time.Duration) {
	slices.SortFunc(spans, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	var until time.Time
	for _, s := range spans {
		if s[0].Before(until) {
			s[0] = until
		}
		if s[1].After(s[0]) {
			sum += s[1].Sub(s[0])
			until = s[1]
		}
	}
	return sum
}
