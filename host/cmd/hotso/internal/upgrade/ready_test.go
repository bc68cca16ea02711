package upgrade

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// becomesReady reports whether a process that awaits these libraries is ready after what happens.
func becomesReady(p *Process, names []string, happens func(*Process)) bool {
	p.open = make(chan struct{})
	p.Await(names)
	happens(p)
	p.handover.Wait()
	select {
	case <-p.open:
		return true
	default:
		return false
	}
}

func TestReady(t *testing.T) {
	both := []string{"greeter", "images"}
	nothing := func(*Process) {}
	serves := func(p *Process) { p.Served("greeter") }
	fails := func(p *Process) { p.Failed("images") }
	assert.True(t, becomesReady(&Process{}, nil, nothing), "it waits for a library to come")
	assert.False(t, becomesReady(&Process{}, both, nothing))
	assert.False(t, becomesReady(&Process{}, both, serves))
	assert.True(t, becomesReady(&Process{}, both, func(p *Process) { serves(p); p.Served("images") }))
	assert.True(t, becomesReady(&Process{}, both, func(p *Process) { serves(p); fails(p) }), "one that is bad does not keep the other away")
	assert.True(t, becomesReady(&Process{}, both, func(p *Process) { fails(p); serves(p) }))
	assert.False(t, becomesReady(&Process{}, both, func(p *Process) { fails(p); p.Failed("greeter") }), "nothing serves")
	assert.False(t, becomesReady(&Process{}, both[:1], func(p *Process) { p.Failed("greeter"); fails(p) }))

	after := func() *Process { return &Process{sockets: sockets{replaces: true, state: state{Serves: both}}} }
	p := after()
	p.sockets.once.Do(func() {}) // it has heard from the process before
	assert.False(t, becomesReady(p, nil, func(p *Process) { serves(p); fails(p) }), "what was served must not be lost")
	p = after()
	p.sockets.once.Do(func() {})
	assert.True(t, becomesReady(p, nil, func(p *Process) { serves(p); fails(p); p.Served("images") }))
}
