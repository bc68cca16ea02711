package main

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hotso/hotso/host/internal/pace"
	"github.com/hotso/hotso/host/internal/plan"
)

// A setting is what a simulation begins with. Times are since its begin.
type setting struct {
	hosts    int
	interval time.Duration
	together bool // all hosts begin at 0, and not as if they had done so long ago
	seed     uint64

	size      int64   // bytes of a library
	bandwidth float64 // bytes per second that the registry sends; 0: no limit
	hostLink  float64 // that a host receives; 0: no limit
	limit     float64 // requests per second that the registry answers; 0: no limit
	retry     time.Duration
	away      [2]time.Duration // from when to when it does not answer
	judge     time.Duration    // how often a rollout is judged
	scrape    time.Duration    // after which time the judge hears of a host
	countedBy time.Duration    // width of a slot of the counts
}

// Kinds of requests.
const (
	look     = iota // HEAD of the tag
	index           // GET of what it stands for
	manifest        // GET of the version's
	blob            // GET of the library
	kinds
)

// A slot counts requests.
type slot struct {
	asked   [kinds]int
	refused int // of these: 429, or no answer
}

func (s slot) all() (n int) {
	for _, k := range s.asked {
		n += k
	}
	return n
}

// A simulation is the registry, and all hosts.
type simulation struct {
	setting
	now    time.Duration
	random *rand.Rand
	events events
	hosts  []*host

	// The tag.
	moves   int    // how often it has moved
	target  string // version of hosts that are in no rollout, or not in its share
	rollout *plan.Plan
	moved   time.Duration

	slots   []slot
	tokens  float64 // of the limit
	filled  time.Duration
	link    link
	sent    float64 // bytes
	reached []time.Duration
}

// A host follows the tag.
type host struct {
	id       string
	pace     pace.Pace
	seen     int    // how often the tag had moved when it was last dealt with
	has      string // version
	position float64
	fetching *download
}

// A download shares the link with others.
type download struct {
	host    *host
	version string
	seen    int
	began   time.Duration
	ends    float64 // when the link has sent so much to each
}

func newSimulation(s setting) *simulation {
	if s.countedBy == 0 {
		s.countedBy = time.Second
	}
	sim := &simulation{setting: s, random: rand.New(rand.NewPCG(s.seed, 0)), target: "1", tokens: s.limit}
	for i := range s.hosts {
		h := &host{id: fmt.Sprintf("host-%05d", i), pace: pace.Pace{Interval: s.interval}, has: "1"}
		sim.hosts = append(sim.hosts, h)
		first := time.Duration(0)
		if !s.together {
			h.pace.Next(0) // it has begun
			first = time.Duration(sim.random.Float64() * float64(s.interval))
		}
		sim.at(first, func() { sim.turn(h) })
	}
	return sim
}

// An event is something that happens at a time.
type event struct {
	at  time.Duration
	seq int // those of one moment stay in order
	do  func()
}

type events struct {
	list []event
	seq  int
}

func (e *events) Len() int           { return len(e.list) }
func (e *events) Less(i, j int) bool { return e.before(e.list[i], e.list[j]) }
func (e *events) Swap(i, j int)      { e.list[i], e.list[j] = e.list[j], e.list[i] }
func (e *events) Push(x any)         { e.list = append(e.list, x.(event)) }
func (e *events) Pop() any {
	last := e.list[len(e.list)-1]
	e.list = e.list[:len(e.list)-1]
	return last
}
func (*events) before(a, b event) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

func (s *simulation) at(t time.Duration, do func()) {
	s.events.seq++
	heap.Push(&s.events, event{t, s.events.seq, do})
}

// run goes on until a time.
func (s *simulation) run(until time.Duration) {
	for len(s.events.list) > 0 && s.events.list[0].at <= until {
		e := heap.Pop(&s.events).(event)
		s.now = e.at
		e.do()
	}
	s.now = until
}

// ask counts a request, and reports whether it is answered, or when to come again if that was said.
func (s *simulation) ask(kind int) (ok bool, busy time.Duration) {
	at := int(s.now / s.countedBy)
	for len(s.slots) <= at {
		s.slots = append(s.slots, slot{})
	}
	c := &s.slots[at]
	c.asked[kind]++
	if s.now >= s.away[0] && s.now < s.away[1] {
		c.refused++
		return false, 0
	}
	if s.limit == 0 {
		return true, 0
	}
	s.tokens = min(s.limit, s.tokens+s.limit*(s.now-s.filled).Seconds())
	s.filled = s.now
	if s.tokens < 1 {
		c.refused++
		return false, s.retry
	}
	s.tokens--
	return true, 0
}

// move has the tag stand for something else from now on.
func (s *simulation) move(target string, rollout *plan.Plan) {
	s.moves++
	s.target, s.rollout, s.moved = target, rollout, s.now
}

// choose is the version that a host is to run.
func (s *simulation) choose(h *host) string {
	if p := s.rollout; p != nil && !p.State.Ended() && h.position < p.Percent() {
		return p.Version
	}
	return s.target
}

// trip is how long an answer takes.
const trip = 20 * time.Millisecond

// turn is what a host does when its pause is over: see turn in package oci.
func (s *simulation) turn(h *host) {
	if !s.get(h, look) {
		return
	}
	if h.seen == s.moves {
		s.succeeded(h)
		return
	}
	seen := s.moves
	s.after(trip, func() {
		if !s.get(h, index) {
			return
		}
		version := s.choose(h)
		if version == h.has {
			h.seen = seen
			s.succeeded(h)
			return
		}
		s.after(trip, func() {
			if !s.get(h, manifest) {
				return
			}
			s.after(trip, func() {
				if !s.get(h, blob) {
					return
				}
				h.fetching = &download{host: h, version: version, seen: seen, began: s.now}
				s.fetch(h.fetching)
				s.watch(h.fetching)
			})
		})
	})
}

// get asks, and if that fails has the host try again later, from the beginning.
func (s *simulation) get(h *host, kind int) bool {
	ok, busy := s.ask(kind)
	if !ok {
		h.pace.Failed()
		s.pause(h, busy)
	}
	return ok
}

func (s *simulation) after(d time.Duration, do func()) { s.at(s.now+d, do) }

// watch has a host look at the tag while a download takes its time: see abandon in package oci.
func (s *simulation) watch(d *download) {
	p := pace.Pace{Interval: s.interval}
	var again func()
	again = func() {
		if d.host.fetching != d {
			return
		}
		switch ok, _ := s.ask(look); {
		case !ok:
			p.Failed()
		case d.seen != s.moves:
			if ok, _ := s.ask(index); ok && s.choose(d.host) != d.version {
				s.abandon(d)
				return
			}
		default:
			p.Succeeded()
		}
		s.after(p.Next(s.random.Float64()), again)
	}
	s.after(p.Next(s.random.Float64()), again)
}

// fetched is when a download is complete.
func (s *simulation) fetched(d *download) {
	h := d.host
	h.fetching = nil
	if s.now-d.began > time.Second {
		if ok, _ := s.ask(look); ok && s.moves != d.seen {
			s.turn(h)
			return
		}
	}
	h.has, h.seen = d.version, d.seen
	s.reached = append(s.reached, s.now)
	s.succeeded(h)
}

func (s *simulation) succeeded(h *host) {
	h.pace.Succeeded()
	s.pause(h, 0)
}

func (s *simulation) pause(h *host, busy time.Duration) {
	pause := h.pace.Next(s.random.Float64())
	if busy > 0 {
		pause = h.pace.Heed(pause, busy, s.random.Float64())
	}
	s.after(pause, func() { s.turn(h) })
}

// on is how many hosts have a version.
func (s *simulation) on(version string) (n int) {
	for _, h := range s.hosts {
		if h.has == version {
			n++
		}
	}
	return n
}
