package modeltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host"
)

// A kind is what an operation does.
type kind string

const (
	swap     kind = "Swap"
	canary   kind = "Canary"
	setShare kind = "SetShare"
	promote  kind = "Promote"
	abort    kind = "Abort"
	rollback kind = "Rollback"
	closing  kind = "Close"
	opening  kind = "Open"
	crash    kind = "crash"
	hang     kind = "hang"
	forgive  kind = "Forgive"
)

// weights are how often each is drawn.
var weights = []struct {
	kind   kind
	weight int
}{
	{swap, 28}, {canary, 12}, {setShare, 5}, {promote, 6}, {abort, 6}, {rollback, 12},
	{closing, 1}, {opening, 8}, {crash, 16}, {hang, 2}, {forgive, 4},
}

// An op is one operation of a controller, with all that it needs.
type op struct {
	controller, index int
	kind              kind
	lane              int
	file              int        // which of the lane's files, modulo their number
	fresh             bool       // a version that was never there before
	share             host.Share // of a canary
	promotion         host.Promotion
	drill             string        // kind of crash
	ends              string        // how the context ends: "", "before", "deadline", "cancel"
	after             time.Duration // when
	pause             time.Duration // before the operation
}

// name is the version that a fresh one gets.
func (o op) name() string { return fmt.Sprintf("%d.%d", 1000+o.controller, o.index) }

func (o op) String() string {
	text := fmt.Sprintf("%s %d.%d on slot %d", o.kind, o.controller, o.index, o.lane)
	switch o.kind {
	case swap, canary, opening:
		text += fmt.Sprintf(" of file %d", o.file)
		if o.fresh {
			text += " as v" + o.name()
		}
	case crash:
		text += " by " + o.drill
	}
	if o.ends != "" {
		text += fmt.Sprintf(", context: %s %v", o.ends, o.after)
	}
	return text
}

// context is that of the operation.
func (o op) context() (context.Context, context.CancelFunc) { return contextOf(o.ends, o.after) }

func contextOf(ends string, after time.Duration) (context.Context, context.CancelFunc) {
	switch ends {
	case "deadline":
		return context.WithTimeout(context.Background(), after)
	case "before", "cancel":
		ctx, cancel := context.WithCancel(context.Background())
		if ends == "before" {
			cancel()
			return ctx, cancel
		}
		stop := time.AfterFunc(after, cancel).Stop
		return ctx, func() { stop(); cancel() }
	}
	return context.WithCancel(context.Background())
}

// drills are the crashes that need but one processor: a data race is not among them.
var drills = []string{"panic", "goroutine", "nil", "wild", "exit", "log", "goexit", "unlock", "overflow", "memory"}

// random returns the source of numbers of one goroutine in a round.
func random(seed uint64, goroutine int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(goroutine)))
}

// drawEnd draws how a context ends: most do not.
func drawEnd(r *rand.Rand) (ends string, after time.Duration) {
	ends = []string{"", "", "", "", "", "", "deadline", "deadline", "cancel", "before"}[r.IntN(10)]
	return ends, time.Duration(r.IntN(20_000)) * time.Microsecond
}

// plan draws n operations. They depend on the seed and the controller's number only.
func plan(seed uint64, controller, n int) []op {
	r := random(seed, controller)
	sum := 0
	for _, w := range weights {
		sum += w.weight
	}
	ops := make([]op, n)
	for i := range ops {
		at := r.IntN(sum)
		o := op{controller: controller, index: i}
		for _, w := range weights {
			if at -= w.weight; at < 0 {
				o.kind = w.kind
				break
			}
		}
		o.lane, o.file, o.fresh = r.IntN(len(lanes)), r.IntN(1000), r.IntN(2) == 0
		o.share = host.Share{Percent: float64(r.IntN(101)), Keys: []string{"tester"}}
		if r.IntN(3) == 0 {
			o.promotion = host.Promotion{Calls: int64(r.IntN(50) + 1), Errors: 1}
		}
		o.drill = drills[r.IntN(len(drills))]
		o.ends, o.after = drawEnd(r)
		o.pause = time.Duration(r.ExpFloat64() * float64(2*time.Millisecond))
		ops[i] = o
	}
	return ops
}

func TestASeedRepeatsTheOperations(t *testing.T) {
	assert.Equal(t, plan(1, 2, 500), plan(1, 2, 500))
	assert.NotEqual(t, plan(1, 2, 500), plan(1, 3, 500))
	assert.NotEqual(t, plan(1, 2, 500), plan(2, 2, 500))
	drawn := map[kind]int{}
	for _, o := range plan(1, 2, 2000) {
		drawn[o.kind]++
	}
	assert.Len(t, drawn, len(weights))
}
