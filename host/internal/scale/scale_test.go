package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is the usual fleet with fewer hosts.
func small() setting {
	s := usual()
	s.hosts = 2000
	return s
}

// atRestIs is what so many hosts ask in a second.
func atRestIs(s setting) float64 { return float64(s.hosts) / (s.interval.Seconds() * 11 / 12) }

// The registry sees 1.09 requests per host and interval, at no second many more than at another.
func TestRest(t *testing.T) {
	s := small()
	is := rest(s)
	assert.InEpsilon(t, atRestIs(s), is.mean, 0.01)
	assert.LessOrEqual(t, is.mean*s.interval.Seconds()/float64(s.hosts), 1.2)
	assert.Less(t, float64(is.peak), 1.5*is.mean)
}

// Hosts that begin in the same second part at once.
func TestStart(t *testing.T) {
	s := small()
	sim := start(s)
	assert.GreaterOrEqual(t, sim.slots[0].all(), s.hosts)
	assert.Less(t, float64(rateOf(sim.slots[1:]).peak), 2*atRestIs(s))
}

// A moved tag is seen within an interval, and then the link is what takes time. All bytes are sent once.
func TestMove(t *testing.T) {
	s := small()
	s.bandwidth, s.hostLink = 0, 0
	m := move(s)
	assert.Less(t, m.after(1), s.interval+time.Second)
	assert.Greater(t, m.after(0.9), s.interval*3/4, "hosts come one after the other")
	assert.Less(t, float64(rateOf(m.between(m.moved, m.moved+s.interval)).peak), 6*atRestIs(s))

	s.bandwidth = gigabit
	m = move(s)
	bytes := float64(s.hosts) * float64(s.size)
	assert.InEpsilon(t, bytes, m.sent, 1e-9)
	assert.InDelta(t, bytes/gigabit, m.after(1).Seconds(), s.interval.Seconds())
	assert.Greater(t, m.after(1).Seconds(), bytes/gigabit)
}

// A rollout reaches the shares in steps, each decision costs one request more per host, and no step takes more than
// the hosts of the share need.
func TestRollout(t *testing.T) {
	s := small()
	s.bandwidth = 10 * gigabit
	sim, c := rollOut(s)
	require.Len(t, c.steps, len(steps))
	for i, step := range c.steps {
		assert.Equal(t, steps[i], step.percent)
		assert.InDelta(t, float64(s.hosts)*step.percent/100, step.hosts, 4*22, "four times the deviation of the half of 2,000")
		assert.Less(t, step.all, 2*s.interval+time.Duration(float64(s.hosts)*float64(s.size)/s.bandwidth*float64(time.Second)))
		began := settle + step.began
		assert.Less(t, float64(rateOf(sim.between(began, began+s.interval)).peak), 5*atRestIs(s))
	}
	assert.Equal(t, s.hosts, sim.on("2"))
	indexes := 0
	for _, slot := range sim.slots {
		indexes += slot.asked[index]
	}
	assert.InEpsilon(t, s.hosts*(len(steps)+1), indexes, 0.01)
}

// In an outage hosts ask less and less often, and they do not come back together.
func TestOutage(t *testing.T) {
	s := small()
	sim := outage(s)
	assert.Less(t, rateOf(sim.between(sim.away[1]-5*time.Minute, sim.away[1])).mean, atRestIs(s)/5)
	assert.Less(t, float64(rateOf(sim.between(sim.away[1], sim.away[1]+10*time.Minute)).peak), 2*atRestIs(s))
	assert.InEpsilon(t, atRestIs(s), rateOf(sim.between(sim.away[1]+5*time.Minute, sim.away[1]+10*time.Minute)).mean, 0.05)
}

// Hosts that are sent away ask less often than at rest, and reach the version all the same.
func TestLimit(t *testing.T) {
	s := small()
	m := limited(s, atRestIs(s)/2)
	is := rateOf(m.between(2*settle, 4*settle))
	assert.Less(t, is.mean, 0.8*atRestIs(s))
	assert.Less(t, float64(is.peak), 1.5*is.mean)
	assert.Len(t, m.reached, s.hosts)
}

func TestShares(t *testing.T) {
	all := shares(10_000, 20, 1)
	assert.InDelta(t, 100, float64(slices.Min(all)), 45)
	assert.InDelta(t, 100, float64(slices.Max(all)), 45)
	assert.Greater(t, slices.Max(all), slices.Min(all), "other versions have other hosts")
}

// The page has what the program makes now, as far as that is quick to see.
func TestPage(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "docs")
	page, err := os.ReadFile(filepath.Join(docs, "scale.md"))
	require.NoError(t, err)
	r := results{map[string]string{}, map[string]chart{}}
	for _, do := range []func(*results){atStart, afterOutage} {
		do(&r)
	}
	for name, table := range r.tables {
		assert.Contains(t, string(page), table, "%s: run make scale", name)
		_, err := replaced(page, name, "")
		assert.NoError(t, err)
	}
	for name, c := range r.charts {
		svg, err := os.ReadFile(filepath.Join(docs, "scale-"+name+".svg"))
		require.NoError(t, err)
		assert.Equal(t, string(c.svg()), string(svg), "%s: run make scale", name)
		for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else {
				require.NoError(t, err)
			}
		}
	}
	_, err = replaced(page, "nothing", "")
	assert.ErrorContains(t, err, "nothing")
}
