package judge_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

const bake = 10 * time.Minute

// newPlan is one in its first step of 10 %, which bakes 10 minutes from noon.
func newPlan(t testing.TB, rules ...string) plan.Plan {
	t.Helper()
	p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{10, 100}, Bake: plan.Duration(bake),
		Judge: plan.Judge{Prometheus: "http://prometheus", Rules: rules}}, plan.Decision{Time: noon, Why: "asked"})
	require.NoError(t, err)
	return p
}

// good is what lets a step go on, once it has baked.
func good(t testing.TB, p plan.Plan) judge.Facts {
	rules, err := judge.ParseRules(p.Rules)
	require.NoError(t, err)
	f := judge.Facts{Known: 20, Told: 20, Share: 2, Serves: 2, AllFor: bake, MostFor: bake, Calls: 1000, Window: 5 * time.Minute}
	for _, r := range rules {
		f.Results = append(f.Results, judge.Result{Rule: r, Value: 0.001, Base: 0.001})
	}
	return f
}

func TestJudge(t *testing.T) {
	type facts = judge.Facts
	minutes := func(n float64) time.Duration { return time.Duration(n * float64(time.Minute)) }
	for name, c := range map[string]struct {
		rules []string
		plan  func(*plan.Plan)
		facts func(*facts)
		at    time.Duration
		what  string
		why   string
	}{
		"all is well":   {rules: []string{"error ratio < 1%", "p99 < 1.2x"}, what: plan.Advance, why: "all is well: v2 was on 2 hosts for 10m0s; error ratio < 1%: it is 0.1%, v1 had 0.1% (1000 calls in 5m0s); p99 < 1.2x: it is 1ms, v1 had 1ms (1000 calls in 5m0s)"},
		"without rules": {facts: func(f *facts) { f.Calls = 0 }, what: plan.Advance, why: "all is well: v2 was on 2 hosts for 10m0s"},
		"paused":        {plan: func(p *plan.Plan) { p.State = plan.Paused }, facts: func(f *facts) { f.Failed = []string{"a"} }},
		"done":          {plan: func(p *plan.Plan) { p.State = plan.Done }, facts: func(f *facts) { f.Failed = []string{"a"} }},

		"it bakes":                   {facts: func(f *facts) { f.AllFor, f.MostFor = minutes(3), minutes(3) }, at: minutes(4), what: plan.Wait, why: "it bakes: 3m0s of 10m0s; 2 of 2 hosts with v2"},
		"not longer than the step":   {at: minutes(9), what: plan.Wait, why: "it bakes: 9m0s of 10m0s"},
		"the registry's clock":       {at: -time.Hour, what: plan.Wait, why: "the registry's clock is wrong: it is 1h0m0s before the begin of the step"},
		"another of its machines":    {at: -time.Second, what: plan.Wait, why: "it bakes: 0s of 10m0s"},
		"hosts are not there yet":    {facts: func(f *facts) { f.Serves, f.AllFor, f.MostFor = 0, -1, -1 }, at: minutes(1), what: plan.Wait, why: "it bakes: 0s of 10m0s; 0 of 2 hosts with v2"},
		"hosts are waited for":       {facts: func(f *facts) { f.Serves, f.AllFor = 1, -1 }, at: minutes(19), what: plan.Wait, why: "it bakes: it waits for hosts: 1 of 2 hosts with v2"},
		"hosts came late":            {facts: func(f *facts) { f.AllFor, f.MostFor = minutes(5), minutes(5) }, at: minutes(35), what: plan.Wait, why: "it bakes: 5m0s of 10m0s; 2 of 2 hosts with v2"},
		"most are enough at last":    {facts: func(f *facts) { f.Share, f.Serves, f.AllFor = 3, 2, -1 }, at: minutes(20), what: plan.Advance, why: "all is well: v2 was on 2 hosts for 10m0s; left behind: 1 host of the share without v2"},
		"half are not":               {facts: func(f *facts) { f.Serves, f.AllFor = 1, -1 }, at: minutes(600), what: plan.Wait, why: "hosts stay behind: 1 of 2 hosts with v2; those that are missing are down, can't get it, or failed"},
		"most came late":             {facts: func(f *facts) { f.Share, f.Serves, f.AllFor, f.MostFor = 3, 2, -1, minutes(1) }, at: minutes(20), what: plan.Wait, why: "hosts stay behind: 2 of 3"},
		"they are gone":              {facts: func(f *facts) { f.Share, f.Serves, f.Gone = 0, 0, 2 }, at: minutes(30), what: plan.Wait, why: "hosts stay behind: 0 of 2 hosts with v2"},
		"they went back":             {facts: func(f *facts) { f.Serves = 0 }, at: minutes(30), what: plan.Wait, why: "hosts stay behind: 0 of 2 hosts with v2"},
		"nobody is in the share":     {rules: []string{"p99 < 1.2x"}, facts: func(f *facts) { f.Share, f.Serves, f.Calls = 0, 0, 0; f.Results[0].Err = errors.New("none") }, what: plan.Advance, why: "nobody to judge: 10m0s are over, and none of 20 hosts is in the 10 %"},
		"nobody of few who know":     {facts: func(f *facts) { f.Told, f.Share, f.Serves = 3, 0, 0 }, at: minutes(19), what: plan.Wait, why: "it bakes: it waits for hosts: 3 of 20 have heard of the rollout"},
		"more do not come":           {facts: func(f *facts) { f.Told, f.Share, f.Serves = 3, 0, 0 }, at: minutes(20), what: plan.Advance, why: "nobody to judge"},
		"nobody, and too early":      {facts: func(f *facts) { f.Share, f.Serves = 0, 0 }, at: minutes(9), what: plan.Wait, why: "it bakes: 9m0s of 10m0s; 0 of 0 hosts with v2"},
		"none tells where it stands": {facts: func(f *facts) { f.Told, f.Share, f.AllFor, f.MostFor = 0, 0, -1, -1 }, what: plan.Advance, why: "all is well: v2 was on 2 hosts"},
		"none tells, and too early":  {facts: func(f *facts) { f.Told, f.Share, f.AllFor, f.MostFor = 0, 0, -1, -1 }, at: minutes(9), what: plan.Wait, why: "it bakes: 9m0s of 10m0s; 2 hosts with v2"},
		"none tells or has it":       {facts: func(f *facts) { f.Told, f.Share, f.Serves = 0, 0, 0 }, what: plan.Wait, why: "hosts stay behind: no host has v2, and none says whether it should"},

		"a host failed":                    {facts: func(f *facts) { f.Failed = []string{"a:8080"} }, at: time.Second, what: plan.Abort, why: "v2 failed: on 1 host (a:8080); one ends the rollout"},
		"fewer failed than end it":         {plan: func(p *plan.Plan) { p.FailedHosts = 2 }, facts: func(f *facts) { f.Failed = []string{"a"} }, what: plan.Advance, why: "all is well"},
		"many failed":                      {plan: func(p *plan.Plan) { p.FailedHosts = 2 }, facts: func(f *facts) { f.Failed = []string{"a", "b", "c", "d", "e", "f", "g"} }, what: plan.Abort, why: "v2 failed: on 7 hosts (a, b, c, d, e, and 2 more); 2 end the rollout"},
		"failed, though much is not known": {facts: func(f *facts) { *f = facts{Failed: []string{"a"}, Err: errors.New("away")} }, what: plan.Abort, why: "v2 failed: on 1 host (a)"},
		"violated":                         {rules: []string{"error ratio < 1%"}, facts: func(f *facts) { f.Results[0].Value = 0.05 }, what: plan.Abort, why: "a rule is violated: error ratio < 1%: it is 5%, v1 had 0.1% (1000 calls in 5m0s)"},
		"violated before it has baked":     {rules: []string{"error ratio < 1%"}, facts: func(f *facts) { f.Results[0].Value, f.Window = 0.05, time.Second }, at: time.Second, what: plan.Abort, why: "a rule is violated"},
		"just violated":                    {rules: []string{"p99 < 2x"}, facts: func(f *facts) { f.Results[0].Value = 0.002 }, what: plan.Abort, why: "a rule is violated: p99 < 2x: it is 2ms, v1 had 1ms"},
		"violated by few calls":            {rules: []string{"error ratio < 1%"}, facts: func(f *facts) { f.Results[0].Value, f.Calls = 0.5, 99 }, what: plan.Wait, why: "too few calls: 99 of 100 to v2 in 5m0s"},
		"by few, before it has baked":      {rules: []string{"error ratio < 1%"}, facts: func(f *facts) { f.Results[0].Value, f.Calls = 0.5, 99 }, at: time.Minute, what: plan.Wait, why: "it bakes"},
		"few are enough":                   {rules: []string{"error ratio < 1%"}, plan: func(p *plan.Plan) { p.MinCalls = 10 }, facts: func(f *facts) { f.Calls = 10 }, what: plan.Advance, why: "all is well"},
		"one limit of two holds":           {rules: []string{"error ratio < 2x or 0.5%"}, facts: func(f *facts) { f.Results[0].Value = 0.004 }, what: plan.Advance, why: "all is well"},
		"of two limits none holds":         {rules: []string{"error ratio < 2x or 0.5%"}, facts: func(f *facts) { f.Results[0].Value = 0.006 }, what: plan.Abort, why: "a rule is violated"},
		"no failures in both":              {rules: []string{"error ratio < 1.2x"}, facts: func(f *facts) { f.Results[0].Value, f.Results[0].Base = 0, 0 }, what: plan.Advance, why: "all is well"},
		"crashes need no calls":            {rules: []string{"crashes < 1"}, facts: func(f *facts) { f.Results[0].Value, f.Results[0].Base, f.Calls = 1, math.NaN(), 0 }, what: plan.Abort, why: "a rule is violated: crashes < 1: it is 1"},
		"no crashes, no calls":             {rules: []string{"crashes < 1"}, facts: func(f *facts) { f.Results[0].Value, f.Calls = 0, 0 }, what: plan.Advance, why: "all is well"},
		"infinite":                         {rules: []string{"query(up) < 1"}, facts: func(f *facts) { f.Results[0].Value = math.Inf(1) }, what: plan.Abort, why: "a rule is violated: query(up) < 1: it is +Inf"},

		"no base":                   {rules: []string{"p99 < 1.2x"}, facts: func(f *facts) { f.Results[0].Base = math.NaN() }, what: plan.Wait, why: "no data for a rule: p99 < 1.2x: the version before has too few calls to compare with"},
		"no base, but a limit":      {rules: []string{"p99 < 1.2x or 50ms"}, facts: func(f *facts) { f.Results[0].Base = math.NaN() }, what: plan.Advance, why: "all is well"},
		"no data":                   {rules: []string{"p99 < 1s"}, facts: func(f *facts) { f.Results[0].Err = errors.New("NaN") }, what: plan.Wait, why: "no data for a rule: p99 < 1s: NaN"},
		"Prometheus is away":        {facts: func(f *facts) { f.Err = errors.New("connection refused") }, what: plan.Wait, why: "Prometheus can't be asked: connection refused"},
		"it knows no host":          {facts: func(f *facts) { *f = facts{} }, what: plan.Wait, why: "Prometheus hears from no host: it has no hotso_version_info"},
		"rules that were not asked": {rules: []string{"p99 < 1s"}, facts: func(f *facts) { f.Results = nil }, what: plan.Wait, why: "rules that can't be judged: 0 of 1 were asked for"},

		"by time":            {plan: func(p *plan.Plan) { p.Prometheus = "" }, facts: func(f *facts) { *f = facts{} }, what: plan.Advance, why: "by time only: 10m0s are over, and the plan names no Prometheus"},
		"by time, too early": {plan: func(p *plan.Plan) { p.Prometheus = "" }, facts: func(f *facts) { *f = facts{} }, at: minutes(9), what: plan.Wait, why: "it bakes: 9m0s of 10m0s, by time only, as the plan names no Prometheus"},
		"by time, but rules": {rules: []string{"p99 < 1s"}, plan: func(p *plan.Plan) { p.Prometheus = "" }, what: plan.Wait, why: "rules that can't be judged: the plan has rules and no Prometheus to ask"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlan(t, c.rules...)
			if c.plan != nil {
				c.plan(&p)
			}
			f := good(t, p)
			if c.facts != nil {
				c.facts(&f)
			}
			at := c.at
			if at == 0 {
				at = bake
			}
			v := judge.Judge(p, f, noon.Add(at))
			assert.Equal(t, c.what, v.What, v.Why)
			assert.Contains(t, v.Why, c.why)
			if c.what == "" {
				assert.Empty(t, v.Why)
				return
			}
			assert.Equal(t, v.Kind, judge.KindOf(v.Why), "what is saved tells the kind")
			next, err := p.Next(plan.Decision{Time: noon, What: v.What, Why: v.Why, Numbers: v.Numbers})
			require.NoError(t, err)
			_, err = next.Marshal()
			assert.NoError(t, err)
		})
	}
}

// Whatever the facts are: nothing goes on that has failed, that could not be asked, or whose time is not over; and what has ended stays so.
func TestNeverOnWithAFault(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	rules := []string{"error ratio < 1%", "p99 < 1.2x", "crashes < 2"}
	some := func(n int) int { return r.IntN(n) }
	value := func() float64 {
		return []float64{0, 0.001, 0.009, 0.01, 0.5, 3, math.Inf(1)}[some(7)]
	}
	span := func() time.Duration { return time.Duration(some(40)-3) * time.Minute }
	advanced, aborted := 0, 0
	for range 20_000 {
		p := newPlan(t, rules[:some(4)]...)
		p.State = []plan.State{plan.Running, plan.Running, plan.Running, plan.Paused, plan.Done, plan.Aborted}[some(6)]
		p.Step, p.FailedHosts, p.MinCalls = some(2), some(3), some(2)*10
		f := good(t, p)
		f.Known, f.Told, f.Share, f.Serves, f.Gone = some(4), some(4), some(4), some(4), some(2)
		f.AllFor, f.MostFor, f.Calls = span(), span(), float64(some(200))
		f.Failed = []string{"a", "b", "c"}[:max(0, some(8)-4)]
		if some(8) == 0 {
			f.Err = errors.New("away")
		}
		violated, blind := false, false
		for i := range f.Results {
			res := &f.Results[i]
			if some(2) == 0 {
				res.Value = value()
			}
			switch some(8) {
			case 0:
				res.Err = errors.New("none")
			case 1:
				res.Base = math.NaN()
			}
			blind = blind || res.Err != nil || i == 1 && math.IsNaN(res.Base)
			bad := []bool{res.Value >= 0.01, res.Value >= 1.2*res.Base && !(res.Value == 0 && res.Base == 0), res.Value >= 2}[i]
			violated = violated || bad && res.Err == nil
		}
		at := span()
		v := judge.Judge(p, f, noon.Add(at))
		// The clock of this machine is not asked: another zone or year changes nothing.
		assert.Equal(t, v, judge.Judge(p, f, noon.Add(at).In(time.FixedZone("elsewhere", 3600))))
		shifted := p
		shifted.Since = p.Since.AddDate(-30, 0, 0)
		assert.Equal(t, v, judge.Judge(shifted, f, shifted.Since.Add(at)))

		nobody := f.Told > 0 && f.Share+f.Gone == 0
		limit := max(1, p.FailedHosts)
		switch {
		case p.State != plan.Running:
			require.Empty(t, v.What)
		case v.What == plan.Advance:
			advanced++
			require.Less(t, len(f.Failed), limit, "%+v", f)
			require.NoError(t, f.Err)
			require.GreaterOrEqual(t, at, bake)
			require.NotZero(t, f.Known)
			require.False(t, !nobody && (violated || blind), "%+v", f)
		case len(f.Failed) >= limit:
			require.Equal(t, plan.Abort, v.What)
		case v.What == plan.Abort:
			aborted++
			require.True(t, violated, "%+v: %s", f, v.Why)
		}
	}
	assert.Greater(t, advanced, 100)
	assert.Greater(t, aborted, 100)
}
