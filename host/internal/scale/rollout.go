package main

import (
	"time"

	"github.com/hotso/hotso/host/internal/plan"
)

// A course is how a rollout went.
type course struct {
	steps []courseStep
	done  time.Duration // since its start
}

type courseStep struct {
	percent float64
	hosts   int           // in the share
	began   time.Duration // since the start of the rollout
	all     time.Duration // from its begin until all hosts of the share have the version
}

// begin begins a rollout now, which is judged from then on: a step goes on when all hosts of its share have the version for as
// long as it bakes, and the judge has heard of it.
func (s *simulation) begin(version string, steps []float64, bake time.Duration) *course {
	moment := func() plan.Decision { return plan.Decision{Time: time.Unix(0, 0).Add(s.now), Why: "simulated"} }
	p, err := plan.New(plan.Plan{Library: "greeter", Version: version, Base: s.target, Steps: steps, Bake: plan.Duration(bake)}, moment())
	if err != nil {
		panic(err) // the steps are our own
	}
	for _, h := range s.hosts {
		h.position = plan.Position(h.id, version)
	}
	c := &course{}
	started, step := s.now, s.now
	var complete time.Duration // when the last host of the share came; 0: it has not
	share := func() (n int) {
		for _, h := range s.hosts {
			if h.position < p.Percent() {
				n++
			}
		}
		return n
	}
	isComplete := func() bool {
		for _, h := range s.hosts {
			if h.position < p.Percent() && h.has != version {
				return false
			}
		}
		return true
	}
	var judge func()
	judge = func() {
		if complete == 0 && isComplete() {
			complete = step
			for _, at := range s.reached {
				complete = max(complete, at)
			}
			c.steps = append(c.steps, courseStep{p.Percent(), share(), step - started, complete - step})
		}
		if complete != 0 && s.now >= complete+s.scrape+bake {
			d := moment()
			d.What = plan.Advance
			if p, err = p.Next(d); err != nil {
				panic(err)
			}
			if p.State == plan.Done {
				c.done = s.now - started
				s.move(version, &p)
				return
			}
			step, complete = s.now, 0
			s.move(s.target, &p)
		}
		s.at(s.now+s.judge, judge)
	}
	s.move(s.target, &p)
	s.at(s.now+s.judge, judge)
	return c
}
