package judge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/hotso/hotso/host/internal/plan"
)

// Facts are what is known of a step. What could not be asked is zero, and Err says why.
type Facts struct {
	Known  int // hosts that Prometheus hears from
	Told   int // of those that say where they stand in the rollout; 0: none does
	Share  int // of those that are in the share of the step
	Serves int // hosts on which the version gets calls: of the share, or of all where none is Told
	Gone   int // hosts that had the version in this step, and that Prometheus hears no more from

	// How long ago all hosts of the share, and more than half of them, had the version first, at least; negative: never. For
	// Told hosts only.
	AllFor, MostFor time.Duration

	Failed  []string // hosts on which the version went wrong in this step
	Calls   float64  // of the version, within the Window
	Window  time.Duration
	Results []Result // of each of the plan's rules
	Err     error    // why the facts are incomplete
}

// A Result is what a rule asked for.
type Result struct {
	Rule  Rule
	Value float64
	Base  float64 // the same of the version before; NaN if there is none
	Err   error   // why there is no Value
}

// Windows.
const (
	maxWindow    = 5 * time.Minute
	baseLookback = time.Hour      // that the version before is looked for, where it has no calls in the window
	maxAge       = 24 * time.Hour // that is looked back in a step
	clockGrain   = 2 * time.Second
)

var (
	errNoData = errors.New("Prometheus has no data for it")
	errNoBase = errors.New("the version before has too few calls to compare with")
	errNaN    = errors.New("Prometheus has no number for it (NaN)")
)

const askTimeout = 30 * time.Second // for each query

// An Asker gets the facts of a plan's step, as of now by the registry's clock. What it could not get, the facts say.
type Asker func(ctx context.Context, p plan.Plan, now time.Time) Facts

// Prometheus asks the one of the plan, or the one at url if that is not empty, through transport, or Go's own if that is nil.
// Without Prometheus there are no facts, which is no error.
func Prometheus(url string, transport http.RoundTripper) Asker {
	return func(ctx context.Context, p plan.Plan, now time.Time) Facts {
		if p.Prometheus == "" {
			return Facts{}
		}
		where := p.Prometheus
		if url != "" {
			where = url
		}
		client, err := api.NewClient(api.Config{Address: where, RoundTripper: transport})
		if err != nil {
			return Facts{Err: fmt.Errorf("the URL of Prometheus: %w", err)}
		}
		return ask(ctx, v1.NewAPI(client), p, now)
	}
}

func ask(ctx context.Context, prometheus v1.API, p plan.Plan, now time.Time) Facts {
	f := Facts{AllFor: -1, MostFor: -1}
	rules, err := ParseRules(p.Rules)
	if err == nil {
		err = CheckSelector(p.Selector)
	}
	if err != nil {
		f.Err = err
		return f
	}
	a := &asking{ctx: ctx, prometheus: prometheus, queries: queries{p}, f: &f, age: min(max(now.Sub(p.Since), time.Second), maxAge)}
	a.f.Window = min(a.age, maxWindow)
	a.hosts()
	f.Calls, _ = a.number(a.calls(p.Version, f.Window))
	for _, r := range rules {
		f.Results = append(f.Results, a.result(r))
	}
	return f
}

// asking is the collecting of the facts of one moment.
type asking struct {
	queries
	ctx        context.Context
	prometheus v1.API
	f          *Facts
	age        time.Duration // of the step
	away       bool          // Prometheus does not answer: no more is asked
}

func (a *asking) hosts() {
	a.f.Known = a.count(a.present())
	a.f.Told = a.count(a.told())
	a.f.Gone = a.count(a.gone(a.age))
	a.f.Failed = a.names(a.failed(a.age + clockGrain)) // what went wrong while the step began counts
	if a.f.Told == 0 {
		a.f.Serves = a.count(a.serves())
		return
	}
	a.f.Share = a.count(a.share())
	a.f.Serves = a.count(a.servesInShare())
	if all := a.f.Share + a.f.Gone; all > 0 {
		age := min(a.age, 3*max(time.Duration(a.plan.Bake), time.Minute)) // it need not be told from longer
		a.f.AllFor = a.ago(a.since(all, age))
		if a.f.MostFor = a.f.AllFor; a.f.AllFor < 0 { // it is the one costly question
			a.f.MostFor = a.ago(a.since(all/2+1, age))
		}
	}
}

func (a *asking) ago(query string) time.Duration {
	v, err := a.number(query)
	if err != nil || v < 0 {
		return -1
	}
	return time.Duration(v * float64(time.Second))
}

func (a *asking) result(r Rule) Result {
	res := Result{Rule: r, Base: math.NaN()}
	if res.Value, res.Err = a.value(r, a.plan.Version, a.f.Window); res.Err != nil || !r.relative() {
		return res
	}
	window := a.f.Window
	enough := float64(minCalls(a.plan))
	if n, err := a.number(a.calls(a.plan.Base, window)); err != nil && !errors.Is(err, errNoData) || n < enough {
		window = a.age + baseLookback
		if n, _ := a.number(a.calls(a.plan.Base, window)); n < enough {
			return res
		}
	}
	if base, err := a.value(r, a.plan.Base, window); err == nil {
		res.Base = base
	}
	return res
}

func (a *asking) value(r Rule, version string, window time.Duration) (float64, error) {
	switch r.Subject {
	case ErrorRatio:
		calls, err := a.number(a.calls(version, window))
		if err != nil {
			return 0, err
		}
		failures, err := a.number(a.failures(version, window))
		if err != nil || calls == 0 {
			return 0, cmpErr(err, errNoData)
		}
		return failures / calls, nil
	case Latency:
		return a.number(a.latency(quantiles[r.Of], version, window))
	case Crashes:
		return a.number(a.crashes(version, a.age))
	}
	query, err := a.expand(r.Of, version, window)
	if err != nil {
		a.incomplete(fmt.Errorf("rule %q: %w", r.Text, err))
		return 0, err
	}
	return a.number(query)
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// incomplete notes why the facts are, once.
func (a *asking) incomplete(err error) {
	if a.f.Err == nil {
		a.f.Err = err
	}
}

// query asks for the values as of Prometheus's own now.
func (a *asking) query(text string) (model.Vector, error) {
	if a.away {
		return nil, a.f.Err
	}
	ctx, cancel := context.WithTimeout(a.ctx, askTimeout)
	defer cancel()
	v, warnings, _, err := a.prometheus.Query(ctx, text, time.Time{})
	if err != nil {
		var answer *v1.Error
		a.away = !errors.As(err, &answer) || answer.Type != v1.ErrBadData && answer.Type != v1.ErrExec
		if !a.away {
			err = fmt.Errorf("%w, of %s", err, text)
		}
		a.incomplete(err)
		return nil, err
	}
	for _, w := range warnings {
		if !strings.HasPrefix(w, "PromQL ") { // not about the query: of Thanos, that some stores did not answer
			err := fmt.Errorf("the answer may be incomplete: %s", w)
			a.incomplete(err)
			return nil, err
		}
	}
	switch v := v.(type) {
	case model.Vector:
		return v, nil
	case *model.Scalar:
		return model.Vector{{Value: v.Value}}, nil
	}
	err = fmt.Errorf("it answers with a %s, want a number: %s", v.Type(), text)
	a.incomplete(err)
	return nil, err
}

// number asks for one.
func (a *asking) number(query string) (float64, error) {
	v, err := a.query(query)
	switch {
	case err != nil:
		return 0, err
	case len(v) == 0:
		return 0, errNoData
	case len(v) > 1:
		err := fmt.Errorf("it answers with %d series, want one: put sum(...) or max(...) around it: %s", len(v), query)
		a.incomplete(err)
		return 0, err
	case v[0].Histogram != nil:
		err := fmt.Errorf("it answers with a histogram, want a number: %s", query)
		a.incomplete(err)
		return 0, err
	case math.IsNaN(float64(v[0].Value)):
		return 0, errNaN
	}
	return float64(v[0].Value), nil
}

func (a *asking) count(hosts string) int {
	n, err := a.number("count(" + hosts + ")")
	if err != nil {
		return 0
	}
	return int(n)
}

// names are those of hosts.
func (a *asking) names(hosts string) []string {
	v, _ := a.query(hosts)
	names := make([]string, len(v))
	for i, s := range v {
		names[i] = string(s.Metric[model.InstanceLabel])
	}
	slices.Sort(names)
	return names
}
