package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// crash crashes the library once, waits for the callers and for the next good
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
	begin, contained := time.Now(), true
	call, want := ctx, host.ErrCrashed
	if hangs[k.Kind] {
		var cancel context.CancelFunc
		call, cancel = context.WithTimeout(ctx, callLimit)
		defer cancel()
		begin, want = begin.Add(callLimit), host.ErrHung
	}
	if _, err := r.victim.Call(call, abi.SymDrill, k.Kind); !errors.Is(err, want) {
		contained = false
		r.fail("%s: the call got %v", k.Kind, err)
	}
	answered := make(chan error, 1)
	go func() { answered <- r.answer(ctx, begin, k) }()
	if err := r.awaitCallers(k.Kind); err != nil {
		return err
	}
	k.Freed.add(time.Since(begin))
	if err := <-answered; err != nil {
		return err
	}
	if contained {
		k.Contained++
	}
	return nil
}

// awaitCallers waits until all who were inside are out.
func (r *run) awaitCallers(kind string) error {
	end := time.After(patience)
	for i := range r.Config.Callers {
		select {
		case err := <-r.freed:
			if !errors.Is(err, host.ErrCrashed) {
				r.fail("%s: a caller got %v", kind, err)
			}
		case <-end:
			return fmt.Errorf("%d callers were not freed", r.Config.Callers-i)
		}
	}
	return nil
}

// answer waits for the next good answer. A call that comes before the library
// is known to have died still gets the crash.
func (r *run) answer(ctx context.Context, begin time.Time, k *Kind) error {
	for end := time.Now().Add(patience); ; {
		_, err := r.victim.Call(ctx, abi.SymDrill, abi.DrillNone)
		if err == nil {
			k.Answer.add(time.Since(begin))
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("no good answer: %w", err)
		}
	}
}
