// Package plan knows rollouts: in which steps the hosts of a channel go from one version of a
// library to the next, and what was decided so far. A Plan is a value that travels through a
// registry; what is done with it is up to others: hosts ask Includes, and judges make the next one
// with Advance, Pause, Resume and Abort.
package plan

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Format is the number of the fields of a Plan. A host that meets a higher one stays with what it runs.
const Format = 1

// Limits of what is read: a plan travels to each host.
const (
	maxSteps = 100
	maxText  = 16 << 10 // bytes of JSON
)

var (
	// ErrBadPlan means that a plan contradicts itself or can't be read.
	ErrBadPlan = errors.New("bad rollout plan")
	// ErrState means that a plan can't do that as it is: an ended one does not go on.
	ErrState = errors.New("not in this state of the rollout")
)

// A State is where a rollout is.
type State string

// Running goes on by itself, Paused waits for somebody, and the others have ended: Done with all
// hosts on the new version, Aborted with all on the old one.
const (
	Running State = "running"
	Paused  State = "paused"
	Done    State = "done"
	Aborted State = "aborted"
)

// Ended reports whether nothing follows.
func (s State) Ended() bool { return s == Done || s == Aborted }

// A Plan is a rollout as of one decision. It is not changed: the next decision makes another one.
type Plan struct {
	Format  int    `json:"format"`
	ID      string `json:"id"`      // of the rollout, the same in all its plans
	Library string `json:"library"` // its name, as metrics have it
	Version string `json:"version"` // that comes
	Base    string `json:"base"`    // that hosts ran before

	Steps []float64 `json:"steps"` // percent of the hosts, ascending; the last is 100
	Step  int       `json:"step"`  // index in Steps
	Bake  Duration  `json:"bake"`  // how long a step lasts at least
	State State     `json:"state"`
	Since time.Time `json:"since"` // when this step began, or began anew; by the registry's clock

	Judge

	Decision Decision `json:"decision"`
	// Previous is the digest of the index with the plan before, of the channel's last rollout if
	// this is the first of one. Empty for the first of all.
	Previous string `json:"previous,omitempty"`
}

// A Judge says by what a rollout is judged. Without Prometheus it goes by time.
type Judge struct {
	Prometheus  string   `json:"prometheus,omitempty"`   // URL
	Rules       []string `json:"rules,omitempty"`        // as package judge reads them
	Selector    string   `json:"selector,omitempty"`     // label matchers of the channel's hosts, such as job="shop"
	FailedHosts int      `json:"failed_hosts,omitempty"` // so many hosts on which the version failed end the rollout
	MinCalls    int      `json:"min_calls,omitempty"`    // of the version in a step: with fewer, rules have no say
}

// A Decision is what led to a plan.
type Decision struct {
	Time    time.Time `json:"time"`              // by the registry's clock
	What    string    `json:"what"`              // start, advance, wait, pause, resume, abort, done
	Why     string    `json:"why"`               // a sentence
	By      string    `json:"by,omitempty"`      // who decided: USER@HOST, or what --by says
	Numbers []Number  `json:"numbers,omitempty"` // that it was decided by
}

// A Number is something that was measured.
type Number struct {
	Name  string  `json:"name"` // "error ratio", "p99 s", ...
	Value float64 `json:"value"`
	Base  float64 `json:"base,omitempty"`  // the same of the version before, if that was asked for
	Limit string  `json:"limit,omitempty"` // the rule that it is for
}

// Decisions.
const (
	Start   = "start"
	Advance = "advance"
	Wait    = "wait"
	Pause   = "pause"
	Resume  = "resume"
	Abort   = "abort"
	Finish  = "done"
)

// New is the first plan of a rollout. Of p it takes Library, Version, Base, Steps, Bake, Judge and Previous.
func New(p Plan, d Decision) (Plan, error) {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails, as of Go 1.24
	p.Format, p.ID, p.State, p.Step, p.Since = Format, hex.EncodeToString(id), Running, 0, d.Time
	d.What = Start
	p.Decision = d
	return p, p.check()
}

// Percent is the share of the hosts that are to run Version now.
func (p Plan) Percent() float64 {
	switch p.State {
	case Aborted:
		return 0
	case Done:
		return 100
	}
	return p.Steps[p.Step]
}

// Next decides about p: the plan after it, but for Previous. The decisions are Advance, which is Finish in the
// last step, Wait, Pause, Resume and Abort. A step begins anew when a rollout resumes: what was measured while it was
// paused is not what it is judged by.
func (p Plan) Next(d Decision) (Plan, error) {
	next := p
	switch {
	case p.State.Ended(), d.What == Resume && p.State != Paused, d.What == Pause && p.State == Paused, d.What == Wait && p.State != Running:
		return p, fmt.Errorf("%w: the rollout of v%s is %s: it can't %s", ErrState, p.Version, p.State, d.What)
	}
	switch d.What {
	case Advance, Finish:
		if p.State == Paused {
			next.State = Running
		}
		next.Since = d.Time
		if next.Step++; next.Step == len(p.Steps) {
			next.Step, next.State, d.What = len(p.Steps)-1, Done, Finish
		} else {
			d.What = Advance
		}
	case Pause:
		next.State = Paused
	case Resume:
		next.State, next.Since = Running, d.Time
	case Abort:
		next.State, next.Since = Aborted, d.Time
	case Wait:
	default:
		return p, fmt.Errorf("%w: unknown decision %q", ErrBadPlan, d.What)
	}
	next.Decision = d
	return next, nil
}

// Marshal writes a plan as Parse reads it.
func (p Plan) Marshal() (string, error) {
	if err := p.check(); err != nil {
		return "", err
	}
	b, err := json.Marshal(p)
	if err == nil && len(b) > maxText {
		err = fmt.Errorf("%w: %d bytes, more than %d: shorten its rules", ErrBadPlan, len(b), maxText)
	}
	return string(b), err
}

// Parse reads a plan that anybody may have written. Fields that it does not know are left out.
func Parse(text string) (Plan, error) {
	var p Plan
	if len(text) > maxText {
		return p, fmt.Errorf("%w: more than %d bytes", ErrBadPlan, maxText)
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("%w: %w", ErrBadPlan, err)
	}
	return p, p.check()
}

func (p Plan) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrBadPlan, fmt.Sprintf(format, args...))
	}
	states := []State{Running, Paused, Done, Aborted}
	switch {
	case p.Format != Format:
		return bad("format %d, want %d: use the release of hotso that wrote it, or a later one", p.Format, Format)
	case p.ID == "" || p.Version == "" || p.Base == "" || p.Library == "":
		return bad("id, library, version and base are needed")
	case !slices.Contains(states, p.State):
		return bad("state %q", p.State)
	case len(p.Steps) == 0 || len(p.Steps) > maxSteps:
		return bad("%d steps: want 1 to %d", len(p.Steps), maxSteps)
	case p.Step < 0 || p.Step >= len(p.Steps):
		return bad("step %d of %d", p.Step, len(p.Steps))
	case p.Bake < 0 || p.FailedHosts < 0 || p.MinCalls < 0:
		return bad("bake, failed_hosts and min_calls must not be negative")
	}
	before := 0.0
	for _, s := range p.Steps {
		if !(s > before && s <= 100) {
			return bad("steps %v: each must be more than the one before, and at most 100", p.Steps)
		}
		before = s
	}
	if before != 100 {
		return bad("steps %v: the last must be 100", p.Steps)
	}
	return nil
}

// A Duration is a time.Duration that is a text such as 10m in JSON.
type Duration time.Duration

// MarshalText writes it as time.Duration.String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}
