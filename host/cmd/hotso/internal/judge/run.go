package judge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hotso/hotso/host/internal/plan"
)

// ErrMoved means that a channel is not where it was when its plan was loaded: somebody else has decided.
var ErrMoved = errors.New("the channel has moved")

// ErrNoRollout means that a channel has no plan: none was begun, or somebody has moved its tag, which ends a rollout.
var ErrNoRollout = errors.New("there is no rollout")

// A Store is where the plan of a channel is.
type Store interface {
	// Load returns the plan, the digest of the index that it is in, and the time by the registry's clock. Errors that are
	// plan.ErrBadPlan or ErrNoRollout stay; others may pass.
	Load(ctx context.Context) (p plan.Plan, at string, now time.Time, err error)
	// Save puts p in the place of the plan that was loaded with the digest was. It fails with ErrMoved if the channel has moved
	// since. Registries can't compare and swap: two that save at the same moment may both succeed, and the later counts.
	Save(ctx context.Context, p plan.Plan, was string) error
}

// Options are those of Run. The zero value is fine but for Ask.
type Options struct {
	Ask   Asker             // for facts: Prometheus, mostly
	Every time.Duration     // how often it looks; 15 s
	Once  bool              // look once, decide, and return
	By    string            // who decides, for the plan's history
	Say   func(text string) // hears of decisions, and of trouble once; called by the goroutine of Run
}

// Times. What the loop says and saves is bounded by them, whatever happens.
const (
	defaultEvery = 15 * time.Second
	maxPause     = 2 * time.Minute // between two looks, while something is away
	settle       = 5 * time.Second // after an abort was saved, until it is looked at again
	quiet        = time.Minute     // between two waits that are saved: each has every host fetch the index
	saveTries    = 5               // of one look, while others move the channel
	abortTries   = 20              // of one look, for an abort, also while the registry is away
	shortPause   = 200 * time.Millisecond
)

// An Outcome is what became of a rollout, as far as Run has seen it.
type Outcome struct {
	Plan    plan.Plan // the last that was loaded or saved
	Verdict Verdict   // the last about it
}

// Exit codes of "hotso rollout judge".
const (
	CodeFine      = 0 // the rollout is done, or goes on
	CodeAborted   = 5
	CodeUndecided = 6 // it waits for something that does not come by time alone; with Options.Once only
)

// Code is the exit code that says it.
func (o Outcome) Code() int {
	switch {
	case o.Plan.State == plan.Aborted:
		return CodeAborted
	case o.Verdict.What == plan.Wait && Trouble(o.Verdict.Kind):
		return CodeUndecided
	}
	return CodeFine
}

// Run judges a channel's rollout until that has ended, ctx has, or once. While the registry or Prometheus are away it goes on,
// less often. Several may run at a time, anywhere: what one decides the others find; an abort of one is not undone by another
// that decided at the same moment. Its error is that of ctx, plan.ErrBadPlan, ErrNoRollout, or, with Once, why it could not look.
func Run(ctx context.Context, s Store, o Options) (Outcome, error) {
	if o.Every <= 0 {
		o.Every = defaultEvery
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	r := &runner{store: s, Options: o}
	for failures := 0; ; {
		err := r.look(ctx)
		switch {
		case ctx.Err() != nil && r.out.Plan.State.Ended():
			return r.out, nil
		case ctx.Err() != nil:
			return r.out, context.Cause(ctx)
		case err != nil && (o.Once || lasts(err)):
			return r.out, err
		case err == nil && (o.Once || r.out.Plan.State.Ended()):
			return r.out, nil
		}
		if err != nil {
			r.trouble("registry", "it goes on trying: "+err.Error())
			failures++
		} else if r.out.Verdict.Kind == KindAway {
			failures++
		} else {
			failures = 0
		}
		pause(ctx, min(o.Every<<min(failures, 10), max(maxPause, o.Every)))
	}
}

// lasts reports whether another try at loading a plan would find the same.
func lasts(err error) bool { return errors.Is(err, plan.ErrBadPlan) || errors.Is(err, ErrNoRollout) }

// pause takes d, more or less: judges that were started together do not look together for ever.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d*9/10 + rand.N(d/5+1))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

type runner struct {
	Options
	store Store
	out   Outcome
	told  string // the kind of trouble that was said; empty: there is none
}

// trouble says what is in the way, once for each kind. An empty one: nothing is.
func (r *runner) trouble(kind, text string) {
	if kind != r.told {
		r.told = kind
		r.Say(text)
	}
}

// look loads the plan, judges it and saves what is to be saved.
func (r *runner) look(ctx context.Context) error {
	for try := 1; ; try++ {
		p, at, now, err := r.store.Load(ctx)
		if err != nil {
			return fmt.Errorf("load the rollout's plan: %w", err)
		}
		r.out = Outcome{Plan: p}
		if p.State != plan.Running {
			r.out.Verdict = Judge(p, Facts{}, now)
			r.trouble("", "it goes on as before")
			return nil
		}
		v := Judge(p, r.Ask(ctx, p, now), now)
		if ctx.Err() != nil {
			return context.Cause(ctx) // and so it had no answers
		}
		r.out.Verdict = v
		if v.What == plan.Wait && Trouble(v.Kind) {
			r.trouble(v.Kind, v.Why)
		} else {
			r.trouble("", "it goes on as before")
		}
		d := plan.Decision{Time: now, What: v.What, Why: v.Why, By: r.By, Numbers: v.Numbers}
		if v.What == plan.Abort {
			return r.abort(ctx, p, at, d)
		}
		if v.What == plan.Wait && !worthSaving(p, v, now) {
			return nil
		}
		next, err := p.Next(d)
		if err != nil {
			return err
		}
		next.Previous = at
		switch err := r.store.Save(ctx, next, at); {
		case errors.Is(err, ErrMoved) && try < saveTries:
			pause(ctx, shortPause)
			continue
		case err != nil:
			return fmt.Errorf("save the decision to %s: %w", v.What, err)
		}
		r.out.Plan = next
		r.Say(next.Decision.What + ": " + v.Why)
		return nil
	}
}

// worthSaving reports whether a wait is told to the registry, and so to each host: when its reason is another one, and not again
// and again. That a step bakes goes without saying when it has begun.
func worthSaving(p plan.Plan, v Verdict, now time.Time) bool {
	last := p.Decision
	if last.What != plan.Wait {
		return Trouble(v.Kind)
	}
	since := now.Sub(last.Time)
	return KindOf(last.Why) != v.Kind && (since >= quiet || since < 0)
}

// abort saves an abort, and looks whether it is there, at once and after a time: somebody who decided at the same moment may have
// put another plan in its place. It stands by what it decided, whatever the step is by then: with that, the failures may lie
// before the step. It gives way to another rollout only.
func (r *runner) abort(ctx context.Context, p plan.Plan, at string, d plan.Decision) error {
	aborted, err := p.Next(d)
	if err != nil {
		return err
	}
	said := false
	for try, seen := 1, 0; ; try++ {
		if p.State == plan.Aborted {
			r.out.Plan = p
			if seen++; seen == 2 {
				return nil
			}
			pause(ctx, settle)
		} else {
			seen = 0
			if !p.State.Ended() {
				if aborted, err = p.Next(d); err != nil {
					return err
				}
			} // else another has ended it at the same moment, in the belief that all is well
			aborted.Previous = at
			if err = r.store.Save(ctx, aborted, at); err == nil {
				r.out.Plan = aborted
				if !said {
					r.Say("abort: " + d.Why)
				}
				said = true
			} else {
				pause(ctx, shortPause<<min(try, 8))
			}
		}
		next, was, _, loadErr := r.store.Load(ctx)
		switch {
		case loadErr == nil && next.ID != p.ID:
			r.out = Outcome{Plan: next}
			return nil
		case loadErr == nil:
			p, at = next, was
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(loadErr, ErrNoRollout):
			return fmt.Errorf("save the abort: %w", loadErr)
		default:
			err = loadErr
			seen = 0
			pause(ctx, shortPause<<min(try, 8))
		}
		if try == abortTries {
			return fmt.Errorf("save the abort: %w", cmpErr(err, ErrMoved))
		}
	}
}
