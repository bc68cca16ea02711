package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/life"
)

// shown are the states that Versions would have shown after each of the steps.
func shown(j *journal, steps ...life.State) (states []life.State, e *Entry) {
	e = j.newEntry("libgreeter.v1.so")
	for _, s := range steps {
		j.tell(e, life.Event{State: s, Detail: "it is " + string(s)})
		info, _ := e.lives()
		states = append(states, info.State)
	}
	return states, e
}

// toServing is how a version comes to serve.
var toServing = []life.State{life.Found, life.Verified, life.Loaded, life.Started, life.Healthy, life.Serving}

// That a version failed matters more than what became of it then, unless it is in the
// way.
func TestVerdictsStay(t *testing.T) {
	states, e := shown(new(journal), append(slices.Clone(toServing), life.Failed, life.Retiring, life.Quarantined, life.Unloaded)...)
	assert.Equal(t, append(slices.Clone(toServing), life.Failed, life.Failed, life.Quarantined, life.Failed), states)
	info, _ := e.lives()
	assert.Equal(t, "it is failed", info.Reason)

	states, _ = shown(new(journal), append(slices.Clone(toServing), life.Warm, life.Failed, life.Serving, life.Retiring)...)
	assert.Equal(t, append(slices.Clone(toServing), life.Warm, life.Failed, life.Serving, life.Retiring), states, "it was taken back")

	states, _ = shown(new(journal), life.Found, life.Refused)
	assert.Equal(t, []life.State{life.Found, life.Refused}, states)
}

// What the table lacks changes nothing and is not told. What a crash has overtaken is
// no mistake.
func TestIllegalSteps(t *testing.T) {
	var wrong []string
	OnIllegal(func(s string) { wrong = append(wrong, s) })
	t.Cleanup(func() { OnIllegal(func(s string) { panic(s) }) })
	var told []life.State
	j := &journal{name: "greeter", handle: func(e life.Event) { told = append(told, e.State) }}
	states, _ := shown(j, life.Found, life.Serving)
	j.flush(t.Context())
	assert.Equal(t, []life.State{life.Found, life.Found}, states)
	assert.Equal(t, []life.State{life.Found}, told)
	require.Len(t, wrong, 1)
	assert.Contains(t, wrong[0], "greeter v: serving after found")

	states, _ = shown(j, life.Found, life.Verified, life.Crashed, life.Loaded, life.Serving, life.Retiring, life.Drained, life.Unloaded)
	assert.Equal(t, []life.State{life.Found, life.Verified, life.Crashed, life.Crashed, life.Crashed, life.Crashed, life.Drained, life.Unloaded}, states)
	assert.Len(t, wrong, 1)
}

// Each state is reached from the first, and from each there is a way to an end.
func TestTableIsConnected(t *testing.T) {
	reach := func(from life.State) map[life.State]bool {
		seen := map[life.State]bool{}
		var walk func(life.State)
		walk = func(s life.State) {
			for _, next := range transitions[s] {
				if !seen[next] {
					seen[next] = true
					walk(next)
				}
			}
		}
		walk(from)
		return seen
	}
	all := reach("")
	for s := range transitions {
		if s != "" {
			assert.True(t, all[s], "%s is never reached", s)
		}
		if !ended(s) {
			assert.True(t, reach(s)[life.Unloaded], "no way from %s to an end", s)
		}
	}
	for s := range all {
		_, ok := transitions[s]
		assert.True(t, ok, "%s has no row", s)
	}
}

// Events of many tellers come in the order in which they were told, each once, and with
// no lock held: the handler tells, too.
func TestEventsKeepTheirOrder(t *testing.T) {
	const tellers, each = 8, 500
	var got []string
	j := &journal{}
	j.handle = func(ev life.Event) {
		got = append(got, ev.Detail)
		if ev.Detail == "0/0" {
			e := j.newEntry("")
			j.tell(e, life.Event{State: life.Found, Detail: "by the handler"})
			j.flush(t.Context()) // would wait for itself
		}
	}
	var wg sync.WaitGroup
	for n := range tellers {
		wg.Go(func() {
			for i := range each {
				j.tell(j.newEntry(""), life.Event{State: life.Found, Detail: fmt.Sprintf("%d/%d", n, i)})
			}
		})
	}
	wg.Wait()
	j.flush(t.Context())
	require.Len(t, got, tellers*each+1)
	next := [tellers]int{}
	for _, s := range got {
		var n, i int
		if _, err := fmt.Sscanf(s, "%d/%d", &n, &i); err == nil {
			require.Equal(t, next[n], i)
			next[n]++
		}
	}
	assert.Contains(t, got, "by the handler")
}

// A handler that never returns does not keep who flushes for ever.
func TestFlushEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	j := &journal{handle: func(life.Event) { <-release }}
	j.tell(j.newEntry(""), life.Event{State: life.Found})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	j.flush(ctx)
	require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
	close(release)
	j.flush(t.Context())
}
