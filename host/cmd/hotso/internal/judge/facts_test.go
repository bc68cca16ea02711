package judge_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
)

// direct leaves no connection behind.
var direct = &http.Transport{DisableKeepAlives: true}

// answers is a Prometheus that says the same to what contains a text, and 2000 to all else.
func answers(t *testing.T, to, body string, status int) (p plan.Plan, asked func() int) {
	p = newPlan(t, "error ratio < 1%", "p99 < 1.2x", `query(sum(f{version="$version",library="$library",$selector}[$window])) < 1x`, "crashes < 3")
	p.Selector = `job="shop", `
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		assert.Equal(t, "/base/api/v1/query", r.URL.Path)
		assert.False(t, r.PostFormValue("time") != "" || r.URL.Query().Has("time"), "the clock of Prometheus counts")
		query := r.PostFormValue("query")
		assert.Contains(t, query, `job="shop"`)
		if to == "" || strings.Contains(query, to) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return
		}
		_, _ = io.WriteString(w, vector(`{"metric":{"instance":"a"},"value":[1,"2000"]}`))
	}))
	t.Cleanup(s.Close)
	p.Prometheus = s.URL + "/base/"
	return p, func() int { return n }
}

func vector(samples string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[` + samples + `]}}`
}

// What is no answer is no fact, and the reason why the judge waits.
func TestAnswers(t *testing.T) {
	one := `{"metric":{},"value":[1,"3"]}`
	for name, c := range map[string]struct {
		to, body string
		status   int
		err      string // of all
		rule     int    // that has no value, from 1
		why      string
	}{
		"all":               {to: "nothing", why: ""},
		"500":               {status: 500, body: "on fire", err: "server_error: server error: 500"},
		"401":               {status: 401, body: "who?", err: "client_error: client error: 401"},
		"no JSON":           {status: 200, body: "<html>", err: "bad_response"},
		"refused query":     {to: "sum(f{", status: 400, body: `{"status":"error","errorType":"bad_data","error":"parse error"}`, err: "bad_data: parse error, of sum(f{", rule: 3},
		"slow query":        {to: "sum(f{", status: 422, body: `{"status":"error","errorType":"execution","error":"too many samples"}`, err: "execution: too many samples", rule: 3},
		"several":           {to: "sum(f{", status: 200, body: vector(one + "," + one), err: "it answers with 2 series, want one: put sum(...)", rule: 3},
		"range":             {to: "sum(f{", status: 200, body: `{"status":"success","data":{"resultType":"matrix","result":[]}}`, err: "it answers with a matrix, want a number", rule: 3},
		"histogram":         {to: "sum(f{", status: 200, body: vector(`{"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[]}]}`), err: "it answers with a histogram", rule: 3},
		"incomplete":        {to: "hotso_calls_total", status: 200, body: `{"status":"success","warnings":["no answer from store-3"],"data":{"resultType":"vector","result":[` + one + `]}}`, err: "the answer may be incomplete: no answer from store-3"},
		"advice":            {to: "sum(f{", status: 200, body: `{"status":"success","warnings":["PromQL warning: mixed"],"data":{"resultType":"vector","result":[` + one + `]}}`},
		"scalar":            {to: "sum(f{", status: 200, body: `{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}`},
		"empty":             {to: "sum(f{", status: 200, body: vector(""), rule: 3, why: "Prometheus has no data for it"},
		"NaN":               {to: "histogram_quantile", status: 200, body: vector(`{"metric":{},"value":[1,"NaN"]}`), rule: 2, why: "NaN"},
		"no calls at all":   {to: "hotso_calls_total", status: 200, body: vector(""), rule: 1, why: "Prometheus has no data for it"},
		"no failures known": {to: "hotso_call_failures", status: 200, body: vector(""), rule: 1, why: "Prometheus has no data for it"},
	} {
		t.Run(name, func(t *testing.T) {
			p, asked := answers(t, c.to, c.body, c.status)
			now := p.Since.Add(time.Hour)
			f := judge.Prometheus("", direct)(t.Context(), p, now)
			if c.err == "" {
				assert.NoError(t, f.Err)
			} else {
				assert.ErrorContains(t, f.Err, c.err)
				if c.rule == 0 && c.status != 200 {
					assert.LessOrEqual(t, asked(), 2, "it is not asked again and again")
				}
			}
			if c.rule > 0 {
				require.Len(t, f.Results, 4)
				require.Error(t, f.Results[c.rule-1].Err)
				assert.ErrorContains(t, f.Results[c.rule-1].Err, c.why)
			}
			p.FailedHosts = 3000
			v := judge.Judge(p, f, now)
			if c.err != "" || c.why != "" {
				assert.NotEqual(t, plan.Advance, v.What, v.Why)
			}
		})
	}
}

// A Prometheus that is not there, or that hangs while nobody waits for it any more.
func TestAway(t *testing.T) {
	p := newPlan(t)
	p.Prometheus = "http://127.0.0.1:1"
	f := judge.Prometheus("", direct)(t.Context(), p, noon)
	assert.ErrorContains(t, f.Err, "refused")
	p.Prometheus = "http://user:secret@127.0.0.1:1"
	f = judge.Prometheus("", direct)(t.Context(), p, noon)
	assert.NotContains(t, f.Err.Error(), "secret")
	p.Prometheus = "http://[::1"
	f = judge.Prometheus("", direct)(t.Context(), p, noon)
	assert.ErrorContains(t, f.Err, "the URL of Prometheus")
	assert.NoError(t, judge.Prometheus("http://127.0.0.1:1", direct)(t.Context(), plan.Plan{}, noon).Err, "the plan asks for none")

	for _, bad := range []func(*plan.Plan){func(p *plan.Plan) { p.Rules = []string{"p99"} }, func(p *plan.Plan) { p.Selector = "}" }} {
		p := newPlan(t)
		bad(&p)
		f := judge.Prometheus("", direct)(t.Context(), p, noon)
		require.Error(t, f.Err)
		assert.Equal(t, plan.Wait, judge.Judge(p, f, noon.Add(time.Hour)).What)
	}
}

// Another address may lead to the Prometheus of the plan. Names that would end a text in a query are not put there.
func TestAddressAndNames(t *testing.T) {
	p, asked := answers(t, "nothing", "", 0)
	where := p.Prometheus
	p.Prometheus = "http://prometheus.invalid"
	f := judge.Prometheus(where, direct)(t.Context(), p, noon)
	assert.NoError(t, f.Err)
	assert.Greater(t, asked(), 10)
	assert.Equal(t, 2000, f.Known)
	assert.Equal(t, []string{"a"}, f.Failed)
	p.Version = `2"} or up{x="`
	f = judge.Prometheus(where, direct)(t.Context(), p, noon)
	assert.ErrorContains(t, f.Err, `can't stand in a query`)
	assert.Error(t, f.Results[2].Err)
}
