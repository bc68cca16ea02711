package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
)

func TestRolloutStatusText(t *testing.T) {
	began := time.Date(2026, 12, 1, 12, 0, 0, 0, time.Local)
	p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{1, 10, 100}, Bake: plan.Duration(10 * time.Minute),
		Judge: plan.Judge{Prometheus: "http://prometheus:9090", Rules: []string{"error ratio < 1%"}}}, plan.Decision{Time: began, Why: "asked", By: "ada@laptop"})
	require.NoError(t, err)
	status := func(p plan.Plan, h *fleetFacts) string {
		s := rolloutStatus{Channel: "registry.test/greeter:stable", Plan: p, Percent: p.Percent(), Hosts: h, age: 5 * time.Minute}
		s.History = []decisionOf{{p.ID, p.Version, p.Percent(), p.Decision}}
		return "\n" + s.text(false, false)
	}
	next := func(p plan.Plan, what string, numbers ...plan.Number) plan.Plan {
		n, err := p.Next(plan.Decision{Time: began.Add(time.Hour), What: what, Why: "all is \x1b[31mwell", Numbers: numbers})
		require.NoError(t, err)
		return n
	}
	p = next(p, plan.Advance, plan.Number{Name: "error ratio", Value: 0.0012345, Base: 0.001}, plan.Number{Name: "calls", Value: 12345})
	assert.Equal(t, `
rollout   v2 of greeter, after v1, on registry.test/greeter:stable
state     running, step 2 of 3 for 5m0s
judge     http://prometheus:9090; error ratio < 1%
hosts     12 of 150 have v2; 15 are in the share; it failed on h1

     1 %  ██████████████████████████████  done
    10 %  ███████████████░░░░░░░░░░░░░░░  5m0s of 10m0s
   100 %  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░

2026-12-01 13:00:00  advance    10 %  all is \x1b[31mwell
                     error ratio 0.001234 (before 0.001), calls 12345
`, status(p, &fleetFacts{150, 15, 12, []string{"h1"}}))
	assert.Contains(t, status(next(p, plan.Pause), nil), "\n    10 %  ███████████████░░░░░░░░░░░░░░░  paused\n")
	aborted := status(next(p, plan.Abort), nil)
	assert.Contains(t, aborted, "\nstate     aborted\n")
	assert.Contains(t, aborted, "\n     1 %  ██████████████████████████████  done\n    10 %  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  aborted\n")
	done := status(next(next(p, plan.Advance), plan.Advance), nil)
	assert.Contains(t, done, "\nstate     done\n")
	assert.Contains(t, done, "\n   100 %  ██████████████████████████████  done\n")
}

func TestSteps(t *testing.T) {
	for text, want := range map[string][]float64{"100": {100}, "1%,10%,100%": {1, 10, 100}, " 0.5 % , 100 %": {0.5, 100}} {
		steps, err := parseSteps(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, steps)
	}
	for _, text := range []string{"", "1%", "0,100", "10,10,100", "101", "NaN,100", "1%;100%", "1,,100"} {
		_, err := parseSteps(text)
		assert.Equal(t, exitUsage, exitCode(err), text)
	}
}
