package main

import (
	"strings"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// stepNames are what a version has done when it comes into a state.
var stepNames = map[host.State]string{
	host.Verified: "verify", host.Loaded: "load", host.Started: "start", host.Healthy: "health", host.Restored: "state", host.Serving: "swap",
}

// timing is where the time from a save to its answer went, one after the other. cgo is a part of compile. life is
// empty if a host of the user's loads the version.
func timing(r dev.Result, life []server.Event) (steps []host.StepTime) {
	add := func(step string, took time.Duration) {
		if took > 0 {
			steps = append(steps, host.StepTime{Step: step, Took: took})
		}
	}
	t := r.Times
	add("notice", t.Notice)
	if t.Generate >= time.Millisecond { // or it was done before the build
		add("generate", t.Generate)
	}
	add("list", t.Load)
	add("compile", t.Compile)
	add("cgo", t.Cgo)
	add("link", t.Link)
	add("seal", t.Seal)
	end := r.Begun.Add(r.Took)
	add("check", r.Took-t.Generate-t.Load-t.Compile-t.Link-t.Seal)
	for i, e := range life {
		if i == 0 {
			add("find", e.Time.Sub(end))
		} else if name, ok := stepNames[e.State]; ok {
			add(name, e.Time.Sub(life[i-1].Time))
		}
		end = e.Time
	}
	add("total", t.Notice+end.Sub(r.Begun))
	return steps
}

func timingText(steps []host.StepTime) string {
	var parts []string
	for _, s := range steps {
		parts = append(parts, s.Step+" "+duration(s.Took))
	}
	return strings.Join(parts, "  ")
}
