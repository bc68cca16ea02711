package plan_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func newPlan(t testing.TB) plan.Plan {
	t.Helper()
	p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{1, 10, 100}, Bake: plan.Duration(10 * time.Minute)},
		plan.Decision{Time: noon, Why: "asked"})
	require.NoError(t, err)
	return p
}

func next(t *testing.T, p plan.Plan, what string, after time.Duration) plan.Plan {
	t.Helper()
	n, err := p.Next(plan.Decision{Time: noon.Add(after), What: what})
	require.NoError(t, err)
	return n
}

func TestSteps(t *testing.T) {
	p := newPlan(t)
	assert.Equal(t, 1.0, p.Percent())
	p = next(t, p, plan.Advance, time.Minute)
	assert.Equal(t, 10.0, p.Percent())
	assert.Equal(t, noon.Add(time.Minute), p.Since)
	p = next(t, p, plan.Wait, 2*time.Minute)
	assert.Equal(t, noon.Add(time.Minute), p.Since, "waiting begins no step")
	p = next(t, p, plan.Pause, 3*time.Minute)
	assert.Equal(t, 10.0, p.Percent(), "hosts stay where they are")
	p = next(t, p, plan.Resume, 4*time.Minute)
	assert.Equal(t, noon.Add(4*time.Minute), p.Since, "it bakes anew")
	p = next(t, p, plan.Advance, 5*time.Minute)
	assert.Equal(t, 100.0, p.Percent())
	assert.Equal(t, plan.Running, p.State, "the last step bakes, too")
	p = next(t, p, plan.Advance, 6*time.Minute)
	assert.Equal(t, plan.Done, p.State)
	assert.Equal(t, plan.Finish, p.Decision.What)
	assert.Equal(t, 100.0, p.Percent())
	for _, what := range []string{plan.Advance, plan.Abort, plan.Pause, plan.Resume, plan.Wait} {
		_, err := p.Next(plan.Decision{What: what})
		assert.ErrorIs(t, err, plan.ErrState, what)
	}
}

func TestAbort(t *testing.T) {
	for _, before := range []string{plan.Wait, plan.Advance, plan.Pause} {
		p := next(t, next(t, newPlan(t), before, 0), plan.Abort, 0)
		assert.Equal(t, plan.Aborted, p.State)
		assert.Zero(t, p.Percent())
		assert.False(t, p.Includes("a host"))
	}
	_, err := newPlan(t).Next(plan.Decision{What: plan.Resume})
	assert.ErrorIs(t, err, plan.ErrState)
	_, err = newPlan(t).Next(plan.Decision{What: "dance"})
	assert.ErrorIs(t, err, plan.ErrBadPlan)
}

// A host that is in stays in while steps grow, and the shares are those that were asked for.
func TestMembers(t *testing.T) {
	const hosts = 10_000
	for _, version := range []string{"2", "3.0.0-rc1"} {
		for _, percent := range []float64{1, 10, 50} {
			in := 0
			for i := range hosts {
				at := plan.Position(fmt.Sprint("host-", i), version)
				require.GreaterOrEqual(t, at, 0.0)
				require.Less(t, at, 100.0)
				if at < percent {
					in++
				}
			}
			sigma := math.Sqrt(hosts * percent / 100 * (1 - percent/100))
			assert.InDelta(t, hosts*percent/100, in, 4*sigma, "%v %% of v%s", percent, version)
		}
	}
	assert.NotEqual(t, plan.Position("ab", "c"), plan.Position("a", "bc"))
	assert.InDelta(t, 25.735919566837808, plan.Position("host-1", "2"), 1e-12, "a number of the format: other releases must agree")
}

func TestText(t *testing.T) {
	p := newPlan(t)
	p.Judge = plan.Judge{Prometheus: "http://prometheus:9090", Rules: []string{"error ratio < 1%"}, FailedHosts: 2}
	text, err := p.Marshal()
	require.NoError(t, err)
	assert.Contains(t, text, `"bake":"10m0s"`)
	again, err := plan.Parse(text)
	require.NoError(t, err)
	assert.Equal(t, p, again)
	for _, bad := range []func(*plan.Plan){
		func(p *plan.Plan) { p.Format = 2 }, func(p *plan.Plan) { p.ID = "" }, func(p *plan.Plan) { p.State = "dancing" },
		func(p *plan.Plan) { p.Steps = nil }, func(p *plan.Plan) { p.Steps = []float64{10, 5, 100} }, func(p *plan.Plan) { p.Steps = []float64{10} },
		func(p *plan.Plan) { p.Steps = []float64{math.NaN(), 100} }, func(p *plan.Plan) { p.Step = 3 }, func(p *plan.Plan) { p.Step = -1 },
		func(p *plan.Plan) { p.Bake = -1 }, func(p *plan.Plan) { p.Rules = []string{strings.Repeat("x", 1<<20)} },
	} {
		p := p
		bad(&p)
		_, err := p.Marshal()
		assert.ErrorIs(t, err, plan.ErrBadPlan, "%+v", p)
	}
}

func FuzzParse(f *testing.F) {
	text, err := newPlan(f).Marshal()
	require.NoError(f, err)
	f.Add(text)
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := plan.Parse(text)
		if err != nil {
			return
		}
		assert.True(t, p.Percent() >= 0 && p.Percent() <= 100)
		_ = p.Includes("host")
		again, err := p.Marshal()
		if err == nil {
			q, err := plan.Parse(again)
			require.NoError(t, err)
			assert.Equal(t, p.Percent(), q.Percent())
		}
	})
}
