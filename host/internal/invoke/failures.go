package invoke

import (
	"sync/atomic"

	"github.com/hotso/hotso/host/life"
)

// failures counts calls that failed, by kind.
type failures [len(life.FailureKinds)]atomic.Int64

func (f *failures) add(kind life.FailureKind) {
	for i, k := range life.FailureKinds {
		if k == kind {
			f[i].Add(1)
		}
	}
}

// counts has the kinds that there were.
func (f *failures) counts() map[life.FailureKind]int64 {
	counts := map[life.FailureKind]int64{}
	for i, k := range life.FailureKinds {
		if n := f[i].Load(); n > 0 {
			counts[k] = n
		}
	}
	return counts
}

// AllFigures are all that is known of the calls.
func (t *Target) AllFigures() life.Figures {
	calls, _ := t.Figures()
	return life.Figures{Calls: calls, InFlight: t.InFlight(), Failures: t.failures.counts(), Latency: t.meter.histogram()}
}
