//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// A summary is what came of it. Durations in JSON are nanoseconds.
type summary struct {
	Hosts    int           `json:"hosts"`
	Poll     time.Duration `json:"poll"`
	Bake     time.Duration `json:"bake"`
	Built    time.Duration `json:"built"`   // how long that took
	Started  time.Duration `json:"started"` // likewise
	Took     time.Duration `json:"took"`    // all together
	Quiet    quiet         `json:"quiet"`
	Rollouts []rolledOut   `json:"rollouts"`
	LeftOut  []string      `json:"left_out,omitempty"` // versions
	Blobs    fetch         `json:"blobs"`
	Died     int           `json:"died"` // hosts that ended by themselves
	Promises []promise     `json:"promises"`
	Kept     bool          `json:"kept"` // all promises
}

// A quiet time is one in which nothing changes.
type quiet struct {
	Lasted   time.Duration `json:"lasted"`
	Requests int           `json:"requests"`
	PerHost  float64       `json:"per_host"` // and interval
	Calls    counted       `json:"calls"`
}

// counted is what became of calls.
type counted struct {
	All      int            `json:"all"`
	Answered map[string]int `json:"answered"` // by version
	Failed   map[string]int `json:"failed,omitempty"`
	Why      string         `json:"why,omitempty"` // of a call that should not have failed
}

func (c *counted) set(from calls) {
	c.All, c.Answered, c.Failed = from.total(), from.answered, from.failed
	for _, version := range []string{"", "1", "2", "4", "3"} {
		if err := from.why[version]; err != nil {
			c.Why = err.Error()
			return
		}
	}
}

// failed is how many calls failed that were not answered by version.
func (c counted) failed(but string) (n int) {
	for version, k := range c.Failed {
		if but == "" || version != but {
			n += k
		}
	}
	return n
}

// A promise is something that is to be true.
type promise struct {
	What string `json:"what"`
	Is   string `json:"is"` // what was measured
	Kept bool   `json:"kept"`
}

// Limits of what is promised.
const (
	maxRequests  = 1.2 // per host and interval, while nothing changes
	maxIntervals = 3   // from the last step of a rollout to the last host
)

// judge compares what was with what is promised.
func (s *summary) judge() {
	s.Kept = true
	add := func(kept bool, what, format string, args ...any) {
		s.Promises = append(s.Promises, promise{what, fmt.Sprintf(format, args...), kept})
		s.Kept = s.Kept && kept
	}
	add(s.Quiet.PerHost <= maxRequests && s.Quiet.Requests > 0, fmt.Sprintf("at most %.1f requests per host and interval while nothing changes", maxRequests), "%.2f", s.Quiet.PerHost)
	add(s.Quiet.Calls.failed("") == 0 && s.Quiet.Calls.All > 0, "no call fails while nothing changes", "%d of %d", s.Quiet.Calls.failed(""), s.Quiet.Calls.All)
	for _, r := range s.Rollouts {
		s.judgeRollout(r, add)
	}
	add(s.Blobs.Most == 1, "each library is fetched once for all processes of the machine", "%d, at most %d times each", s.Blobs.Blobs, s.Blobs.Most)
	add(s.Died == 0, "no host ends", "%d", s.Died)
}

func (s *summary) judgeRollout(r rolledOut, add func(kept bool, what, format string, args ...any)) {
	v := "v" + r.Version
	limit := maxIntervals * s.Poll
	settled := r.Settled >= 0 && r.Settled <= limit
	if r.act.bad == "" {
		add(r.State == "done" && settled, fmt.Sprintf("%s is on all hosts within %d intervals (%v) of its last step", v, maxIntervals, limit), "%s, %d hosts, %.1f s", r.State, r.Ran, r.Settled.Seconds())
		add(r.Calls.failed("") == 0, "no call fails in the rollout of "+v, "%d of %d", r.Calls.failed(""), r.Calls.All)
		return
	}
	last := 100.0
	if n := len(r.Steps); n > 0 {
		last = r.Steps[n-1].Percent
	}
	add(r.State == "aborted" && last <= 10, v+", which "+r.act.bad+", is stopped at 10 % or before", "%s at %g %%", r.State, last)
	few := "no host ever serves " + v
	if r.act.share > 0 {
		few = fmt.Sprintf("at most %g %% of the hosts ever serve %s", r.act.share*100, v)
	}
	add(float64(r.Ran) <= r.act.share*float64(s.Hosts), few, "%d of %d", r.Ran, s.Hosts)
	add(settled, fmt.Sprintf("%s is taken back from all within %d intervals", v, maxIntervals), "%.1f s", r.Settled.Seconds())
	if r.act.mayFail {
		add(r.Calls.failed(r.Version) == 0, "no call fails but those that "+v+" answers", "%d of %d, beside %d by %s", r.Calls.failed(r.Version), r.Calls.All, r.Calls.Failed[r.Version], v)
		return
	}
	add(r.Tried > 0 && r.Calls.failed("") == 0 && r.Calls.Answered[r.Version] == 0, v+" reaches no call, and none fails", "%d reached, %d failed of %d", r.Calls.Answered[r.Version], r.Calls.failed(""), r.Calls.All)
}

// write writes the summary for people, or for programs.
func (s *summary) write(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(s)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	calls := s.Quiet.Calls.All
	fmt.Fprintf(t, "\nversion\tended\ttook\tsteps\tserved on\tsettled\tcalls\tfailed\t\n")
	for _, r := range s.Rollouts {
		var steps []string
		for _, step := range r.Steps {
			steps = append(steps, fmt.Sprintf("%g %% %.1f s", step.Percent, step.Took.Seconds()))
		}
		calls += r.Calls.All
		fmt.Fprintf(t, "v%s\t%s\t%.1f s\t%s\t%d of %d\t%.1f s\t%d\t%d\t\n", r.Version, r.State, r.Took.Seconds(), strings.Join(steps, ", "), r.Ran, s.Hosts, r.Settled.Seconds(), r.Calls.All, r.Calls.failed(""))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(t, "\nhosts\t%d, which ask the registry every %v\n", s.Hosts, s.Poll)
	fmt.Fprintf(t, "calls\t%d\n", calls)
	fmt.Fprintf(t, "time\t%.0f s: %.0f to build, %.0f to start\n", s.Took.Seconds(), s.Built.Seconds(), s.Started.Seconds())
	for _, version := range s.LeftOut {
		fmt.Fprintf(t, "left out\tv%s: there is no Prometheus (%s)\n", version, howToGet)
	}
	fmt.Fprintln(t)
	for _, p := range s.Promises {
		is := "kept"
		if !p.Kept {
			is = "BROKEN"
		}
		fmt.Fprintf(t, "%s\t%s: %s\n", is, p.What, p.Is)
	}
	for _, r := range s.Rollouts {
		if r.Calls.Why != "" && !r.act.mayFail {
			fmt.Fprintf(t, "\na call failed in the rollout of v%s: %s\n", r.Version, r.Calls.Why)
		}
	}
	return t.Flush()
}
