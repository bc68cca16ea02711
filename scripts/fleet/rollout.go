//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	shares   = "1%,10%,50%,100%"
	rule     = "error ratio < 1%"
	minCalls = "30"
	aborted  = 5 // exit code of hotso rollout start --judge
)

// A rolled out version is what the summary has of it.
type rolledOut struct {
	Version string        `json:"version"`
	Bad     string        `json:"bad,omitempty"`
	State   string        `json:"state"`
	Why     string        `json:"why"`
	Steps   []step        `json:"steps"`
	Ran     int           `json:"ran"`     // hosts on which it ever served
	Tried   int           `json:"tried"`   // hosts that have loaded it
	Settled time.Duration `json:"settled"` // from the last change of the share to the last host
	Took    time.Duration `json:"took"`
	Calls   counted       `json:"calls"`
	act     act
}

// A step is one of a rollout.
type step struct {
	Percent float64       `json:"percent"`
	Hosts   int           `json:"hosts"` // that had loaded the version in its end
	Took    time.Duration `json:"took"`
}

// following is a rollout that is under way.
type following struct {
	f   *fleet
	act act

	mu    sync.Mutex
	began time.Time // of the step
	moved time.Time // when the share changed last
	now   decision
	steps []step
}

// rollout rolls out one version, and returns when all hosts have what they should in the end.
func (f *fleet) rollout(ctx context.Context, a act) (r rolledOut, err error) {
	what := "which is good"
	if a.bad != "" {
		what = "which " + a.bad
	}
	f.view.say("")
	f.view.say("rollout of v%s, %s: %s of the hosts", a.version, what, strings.ReplaceAll(shares, ",", ", "))
	r = rolledOut{Version: a.version, Bad: a.bad, act: a}
	f.load.take()
	begin := time.Now()
	w := &following{f: f, act: a}
	f.operators.onDecision(w.decide)
	f.view.follow(w.bars)
	defer f.view.follow(nil)
	defer f.operators.onDecision(nil)

	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("it has not ended after %v", f.timeout))
	defer cancel()
	out, err := f.run(ctx, f.startArgs(a)...)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, fmt.Errorf("%w: %s", context.Cause(ctx), out)
	case errors.As(err, &exit) && exit.ExitCode() == aborted: // w knows
	case err != nil:
		return r, fmt.Errorf("hotso rollout start: %w: %s", err, out)
	}
	if err := f.await(ctx, a.isOn, 10*f.poll); err != nil {
		f.view.say("not all is well: %v", err)
	}
	w.mu.Lock()
	r.State, r.Why, r.Steps, r.Settled = w.now.State, w.now.Decision.Why, w.steps, max(f.last().Sub(w.moved), 0)
	w.mu.Unlock()
	if f.on(a.isOn) < len(f.hosts) {
		r.Settled = -1
	}
	r.Ran = f.count(func(h *hostProcess) bool { return h.hasServed(a.version) })
	r.Tried = f.count(func(h *hostProcess) bool { return h.hasTried(a.version) })
	pause(ctx, time.Second) // calls that are under way
	r.Calls.set(f.load.take())
	r.Took = time.Since(begin)
	where := "on all hosts"
	if r.State != "done" {
		where = "v" + a.isOn + " on all hosts again"
	}
	f.view.say("%s, %.1f s later", where, r.Settled.Seconds())
	if a.bad == "" {
		return r, ctx.Err()
	}
	return r, f.status(ctx)
}

func (f *fleet) startArgs(a act) []string {
	args := []string{"rollout", "start", f.operators.addr + "/fleet/greeter:" + a.version, "--channel", channel, "--steps", shares,
		"--bake", f.bake.String(), "--judge", "--every", "1s", "--by", "fleet"}
	if f.prometheus != "" {
		args = append(args, "--prometheus", f.prometheus, "--rule", rule, "--min-calls", minCalls, "--selector", `job="fleet"`)
	}
	return args
}

// status shows what an operator sees.
func (f *fleet) status(ctx context.Context) error {
	out, err := f.run(ctx, "rollout", "status", f.operators.addr+"/fleet/greeter", "--channel", channel)
	if err != nil {
		return fmt.Errorf("hotso rollout status: %w: %s", err, out)
	}
	f.view.print("$ hotso rollout status " + f.operators.addr + "/fleet/greeter\n" + string(out))
	return nil
}

// decide sees a decision come to the registry.
func (w *following) decide(d decision) {
	if d.Version != w.act.version {
		return
	}
	w.note(d)
	switch d.Decision.What {
	case "wait":
	case "start":
		w.f.view.say("step 1 of %d: %g %% of the hosts", len(d.Steps), d.Steps[0])
	case "advance":
		w.f.view.say("step %d of %d: %g %% of the hosts; %s", d.Step+1, len(d.Steps), d.Steps[d.Step], d.Decision.Why)
	default:
		w.f.view.say("%s: %s", d.Decision.What, d.Decision.Why)
	}
}

func (w *following) note(d decision) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what := d.Decision.What
	if what == "wait" {
		w.now = d
		return
	}
	if !w.began.IsZero() {
		hosts := w.f.count(func(h *hostProcess) bool { return h.hasTried(d.Version) })
		w.steps = append(w.steps, step{w.now.Steps[w.now.Step], hosts, d.at.Sub(w.began)})
	}
	w.began, w.now = d.at, d
	if what != "done" {
		w.moved = d.at
	}
}

// bars are what the view shows of the steps.
func (w *following) bars() (lines []bar) {
	w.mu.Lock()
	defer w.mu.Unlock()
	hosts := w.f.on(w.act.version)
	for i, percent := range w.now.Steps {
		b := bar{name: fmt.Sprintf("%g %%", percent), of: len(w.f.hosts)}
		switch {
		case i < len(w.steps):
			b.n, b.note = w.steps[i].Hosts, fmt.Sprintf("%d hosts, %.1f s", w.steps[i].Hosts, w.steps[i].Took.Seconds())
		case i == w.now.Step && w.now.State == "running":
			b.n, b.isNow, b.note = hosts, true, fmt.Sprintf("%d hosts", hosts)
		}
		lines = append(lines, b)
	}
	if w.now.State == "aborted" {
		lines = append(lines, bar{name: "back", of: len(w.f.hosts), n: hosts, isNow: true, note: fmt.Sprintf("%d hosts still have it", hosts)})
	}
	return lines
}
