package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// crash crashes the library once, then waits for the callers and for the next good
// answer.
func (r *run) crash(ctx context.Context, k *Kind) error {
	inside := func() bool {
		lib := r.victim.Current()
		return lib != nil && lib.InFlight() >= int64(r.Config.Callers)
	}
	for end := time.Now().Add(patience); !inside(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			return errors.New("the callers don't come back in")
		}
	}
	k.Crashes++
	begin, err := r.end(ctx, k.Kind)
	if err != nil {
		r.fail("%s: the call got %v", k.Kind, err)
	}
	answered := make(chan time.Time, 1)
	failed := make(chan error, 1)
	go func() {
		at, err := r.answer(ctx)
		answered <- at
		failed <- err
	}()
	ended, err2 := r.awaitCallers(k.Kind)
	if err2 != nil {
		return err2
	}
	freed := time.Now()
	if hangs[k.Kind] && !ended.IsZero() {
		begin = ended
	}
	answer := <-answered
	if err := <-failed; err != nil {
		return err
	}
	k.Freed.add(freed.Sub(begin))
	k.Answer.add(answer.Sub(begin))
	if err == nil {
		k.Contained++
	}
	return nil
}

// end ends the library's runtime and returns when that began, or, if it hung, when
// its time was up. The error says that the call did not get the error it must get.
func (r *run) end(ctx context.Context, kind string) (begin time.Time, err error) {
	if !hangs[kind] {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		begin = time.Now()
		if _, err = r.victim.Call(limited, abi.SymDrill, kind); errors.Is(err, host.ErrCrashed) {
			err = nil
		}
		return begin, err
	}
	for {
		begin = time.Now().Add(callLimit)
		call, cancel := context.WithDeadline(ctx, begin)
		_, err = r.victim.Call(call, abi.SymDrill, kind)
		cancel()
		switch {
		case errors.Is(err, host.ErrHung):
			return begin, nil
		case !errors.Is(err, context.DeadlineExceeded): // otherwise the context ended before the call began: try again
			return begin, err
		}
	}
}

// awaitCallers waits until all callers that were inside are out, and returns when the
// library was ended, according to them.
func (r *run) awaitCallers(kind string) (ended time.Time, err error) {
	end := time.After(patience)
	for i := range r.Config.Callers {
		select {
		case err := <-r.freed:
			var crash *host.Crash
			if errors.As(err, &crash) {
				ended = crash.Time
			} else {
				r.fail("%s: a caller got %v", kind, err)
			}
		case <-end:
			return ended, fmt.Errorf("%d callers were not freed", r.Config.Callers-i)
		}
	}
	return ended, nil
}

// answer waits for the next good answer. A call that is made before it is known that
// the library is dead still gets the crash.
func (r *run) answer(ctx context.Context) (time.Time, error) {
	for end := time.Now().Add(patience); ; {
		_, err := r.victim.Call(ctx, abi.SymDrill, abi.DrillNone)
		if now := time.Now(); err == nil {
			return now, nil
		} else if now.After(end) {
			return now, fmt.Errorf("no good answer: %w", err)
		}
	}
}
