package soak

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host"
)

// A Stop says how long the host's runtime takes to stop its goroutines while one
// is in a loop without a call, which only a signal gets out of it: the signal
// that each library would take for itself.
type Stop struct {
	Without time.Duration `json:"without"` // nanoseconds, median, no library is loaded
	With    time.Duration `json:"with"`    // nanoseconds, median, stopLibraries are
	Ratio   float64       `json:"ratio"`   // median of the rounds'
}

const (
	stopLibraries = 3
	stopRounds    = 5
	stopsPerRound = 100
)

// measureStop compares within a round, because the machine is never quite the same
// in the next.
func measureStop(ctx context.Context, file string, options []host.Option) (Stop, error) {
	var without, with []time.Duration
	var ratios []float64
	for range stopRounds {
		if ctx.Err() != nil {
			break
		}
		a := stops()
		b, err := stopsWith(ctx, file, options)
		if err != nil {
			return Stop{}, err
		}
		without, with = append(without, a...), append(with, b...)
		ratios = append(ratios, float64(middle(b))/float64(middle(a)))
	}
	return Stop{Without: middle(without), With: middle(with), Ratio: middle(ratios)}, nil
}

// stopsWith is stops while libraries are loaded.
func stopsWith(ctx context.Context, file string, options []host.Option) ([]time.Duration, error) {
	for range stopLibraries {
		lib, err := host.Open(ctx, file, options...)
		if err != nil {
			return nil, err
		}
		defer lib.Close(context.WithoutCancel(ctx))
	}
	return stops(), nil
}

// stops makes the runtime stop the world several times and returns how long each took.
func stops() []time.Duration {
	var word uint64
	var end atomic.Bool
	ended := make(chan struct{})
	polite := asyncPreemptionOff()
	go func() {
		defer close(ended)
		for !end.Load() { // an instruction, not a call
			word++
			if polite {
				runtime.Gosched()
			}
		}
	}()
	took := make([]time.Duration, stopsPerRound)
	var stats runtime.MemStats
	for i := range took {
		time.Sleep(100 * time.Microsecond) // let the loop run
		begin := time.Now()
		runtime.ReadMemStats(&stats) // stops the world
		took[i] = time.Since(begin)
	}
	end.Store(true)
	<-ended
	return took
}

// asyncPreemptionOff reports whether nothing can stop a loop that makes no call: the
// runtime would wait for its end for ever (runtime, GODEBUG).
func asyncPreemptionOff() bool {
	return strings.Contains(os.Getenv("GODEBUG"), "asyncpreemptoff=1")
}

func middle[T time.Duration | float64](all []T) T {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
