package modeltest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host"
)

// A world is what the goroutines of one round share.
type world struct {
	*run
	seed uint64
	at   []atomic.Pointer[generation] // by lane

	mu          sync.Mutex
	generations []*generation
	faults      []string

	over  atomic.Bool   // callers stop
	opens chan struct{} // limits how many are open beside the slots
}

// fault notes what must not be. The first of a round matter.
func (w *world) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.faults) < 20 {
		w.faults = append(w.faults, fmt.Sprintf(format, args...))
	}
}

// A generation is a slot of a lane, from its making to its Close.
type generation struct {
	*world
	lane   *lane
	number int
	slot   *host.Slot
	bound  bound
	closed atomic.Bool // Close has begun

	journal journal
	answers answers
	store   store
}

// bound are the functions of a lane's slot, where its library has them.
type bound struct {
	add, addStay func(context.Context, int32, int32) (int32, error)
	sleep        func(context.Context, int64) (int64, error)
	put          func(context.Context, string, string) (string, error)
	get          func(context.Context, string) (string, error)
	increment    func(context.Context) (int64, error)
	increments   atomic.Int64 // that have begun
	calling      calling
}

// newGeneration makes a slot with a good version in it.
func (w *world) newGeneration(number int, draw func(int) int) (*generation, error) {
	l := &lanes[number]
	g := &generation{world: w, lane: l, number: number}
	opts := append(l.options(draw), host.AllowDowngrade(), host.StartTimeout(patience), host.DrainTimeout(5*time.Second),
		host.HandoverTimeout(5*time.Second), host.OnEvent(g.hear))
	g.slot = host.NewSlot(l.lib, opts...)
	w.mu.Lock()
	w.generations = append(w.generations, g)
	w.mu.Unlock()
	path := w.files[number][0].path
	_, err := g.slot.Swap(context.Background(), path)
	for try := 0; err != nil && isAny(err, []error{host.ErrTooMany}) && try < 1000; try++ {
		time.Sleep(10 * time.Millisecond) // for those that are open beside
		_, err = g.slot.Swap(context.Background(), path)
	}
	if err == nil {
		err = g.bind()
	}
	return g, err
}

func (g *generation) bind() (err error) {
	b := &g.bound
	set := func(e error) {
		if err == nil {
			err = e
		}
	}
	var e error
	switch g.lane.lib {
	case "crash":
		b.add, e = host.Func2[int32, int32, int32](g.slot, "Add")
		set(e)
		b.addStay, e = host.Func2[int32, int32, int32](g.slot, "Add", host.Stay())
		set(e)
		b.sleep, e = host.Func1[int64, int64](g.slot, "Sleep")
		set(e)
	case "sessions":
		b.put, e = host.Func2[string, string, string](g.slot, "Put")
		set(e)
		b.get, e = host.Func1[string, string](g.slot, "Get")
		set(e)
	case "callback":
		set(b.calling.bind(g.slot))
	case "counter":
		b.increment, e = host.Func0[int64](g.slot, "Increment")
		set(e)
	}
	return err
}

// hear is the slot's OnEvent.
func (g *generation) hear(e host.Event) {
	if !g.journal.add(e) {
		g.fault("%s: OnEvent is called while it is being called", g.lane.lib)
	}
	g.figures.events.Add(1)
	if *inside {
		g.actInside(e)
	}
}

// actInside does operations where the documentation forbids or allows them: see the flag.
func (g *generation) actInside(e host.Event) {
	n := g.journal.count()
	if n%10 != 0 {
		return
	}
	g.slot.Versions()
	_ = g.slot.SetShare(host.Share{Percent: 50})
	other := g.at[(g.number+1)%len(lanes)].Load()
	if other != nil && n%40 == 0 {
		_, _ = other.slot.Swap(context.Background(), g.files[other.number][0].path)
	}
}

// A journal keeps the events of a slot.
type journal struct {
	hearing atomic.Int32
	mu      sync.Mutex
	events  []host.Event
}

// add reports whether it was called by one goroutine at a time.
func (j *journal) add(e host.Event) bool {
	alone := j.hearing.Add(1) == 1
	defer j.hearing.Add(-1)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
	return alone
}

func (j *journal) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.events)
}

func (j *journal) all() []host.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.events)
}

// An answer is a call that a version has answered.
type answer struct {
	version    string
	begin, end time.Time
}

type answers struct {
	mu  sync.Mutex
	all []answer
}

func (a *answers) add(version string, begin, end time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, answer{version, begin, end})
}

// A store is what the callers were told that a sessions' slot holds, by key. An abandoned
// call may or may not have been applied.
type store struct {
	mu   sync.Mutex
	keys map[string][]string
}

func (s *store) set(key string, values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[string][]string{}
	}
	s.keys[key] = values
}
