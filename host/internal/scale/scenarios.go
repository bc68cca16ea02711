package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotso/hotso/host/internal/plan"
)

// usual is what the page is about.
func usual() setting {
	return setting{hosts: 10_000, interval: 15 * time.Second, seed: 1, size: 15e6, hostLink: gigabit, judge: 15 * time.Second, scrape: 15 * time.Second, retry: 10 * time.Second}
}

const gigabit = 1e9 / 8 // bytes per second

// A rate is how many requests came in a second.
type rate struct {
	mean    float64
	peak    int
	refused float64 // of all, a share
}

// rateOf is that of slots of a second.
func rateOf(slots []slot) (r rate) {
	all, refused := 0, 0
	for _, s := range slots {
		all, refused, r.peak = all+s.all(), refused+s.refused, max(r.peak, s.all())
	}
	if all > 0 {
		r.mean, r.refused = float64(all)/float64(len(slots)), float64(refused)/float64(all)
	}
	return r
}

// between are the slots of a time.
func (s *simulation) between(from, to time.Duration) []slot {
	return s.slots[min(int(from/s.countedBy), len(s.slots)):min(int(to/s.countedBy), len(s.slots))]
}

// rest is what the registry is asked while nothing changes.
func rest(s setting) rate {
	sim := newSimulation(s)
	sim.run(20 * time.Minute)
	return rateOf(sim.between(10*time.Minute, 20*time.Minute))
}

// start is that of a begin of all hosts in one moment, as after a power failure.
func start(s setting) *simulation {
	s.together = true
	sim := newSimulation(s)
	sim.run(10 * time.Minute)
	return sim
}

// A spread is how a version came to all hosts at once.
type spread struct {
	*simulation
	moved time.Duration
}

const settle = 5 * time.Minute // before anything happens

// move has the tag stand for another version, without a rollout.
func move(s setting) spread {
	sim := newSimulation(s)
	sim.run(settle)
	sim.move("2", nil)
	for sim.on("2") < s.hosts && sim.now < 6*time.Hour {
		sim.run(sim.now + 10*time.Second)
	}
	slices.Sort(sim.reached)
	return spread{sim, settle}
}

// after is when a share of the hosts had the version.
func (s spread) after(share float64) time.Duration {
	i := max(int(share*float64(len(s.hosts)))-1, 0)
	if i >= len(s.reached) {
		return -1
	}
	return s.reached[i] - s.moved
}

// steps are those of hotso rollout start.
var steps = []float64{1, 10, 50, 100}

func rollOut(s setting) (*simulation, *course) {
	sim := newSimulation(s)
	sim.run(settle)
	c := sim.begin("2", steps, 10*time.Minute)
	for c.done == 0 && sim.now < 6*time.Hour {
		sim.run(sim.now + time.Minute)
	}
	sim.run(sim.now + time.Minute)
	return sim, c
}

// outage has the registry be away for 10 minutes.
func outage(s setting) *simulation {
	s.away = [2]time.Duration{settle, settle + 10*time.Minute}
	sim := newSimulation(s)
	sim.run(settle + 20*time.Minute)
	return sim
}

// limited is a registry that answers fewer requests than come, and has another version after a while.
func limited(s setting, limit float64) spread {
	s.limit = limit
	sim := newSimulation(s)
	sim.run(4 * settle)
	sim.move("2", nil)
	for sim.on("2") < s.hosts && sim.now < 6*time.Hour {
		sim.run(sim.now + 10*time.Second)
	}
	slices.Sort(sim.reached)
	return spread{sim, 4 * settle}
}

// shares are how many of so many hosts are in a step, for each of so many versions.
func shares(hosts, versions int, percent float64) []int {
	all := make([]int, versions)
	for v := range versions {
		for h := range hosts {
			if plan.Position(fmt.Sprintf("host-%05d", h), fmt.Sprint(v+1)) < percent {
				all[v]++
			}
		}
	}
	return all
}
