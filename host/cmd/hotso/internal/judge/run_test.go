package judge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
)

// A store is a registry with one channel, in memory. It is as registries are: what Save compares it compares before it writes, and
// others may write in between.
type store struct {
	mu    sync.Mutex
	plans []plan.Plan // the channel's history, as it was written
	skew  time.Duration
	down  error  // that Load and Save fail with
	lull  func() // between comparing and writing
}

func digest(n int) string { return fmt.Sprintf("sha256:%d", n) }

func (s *store) now() time.Time { return time.Now().Add(s.skew) }

func (s *store) Load(ctx context.Context) (plan.Plan, string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.down, ctx.Err()); err != nil {
		return plan.Plan{}, "", time.Time{}, err
	}
	return s.plans[len(s.plans)-1], digest(len(s.plans)), s.now(), nil
}

func (s *store) Save(ctx context.Context, p plan.Plan, was string) error {
	s.mu.Lock()
	at, down, lull := digest(len(s.plans)), s.down, s.lull
	s.mu.Unlock()
	switch {
	case down != nil:
		return down
	case at != was:
		return fmt.Errorf("%w: %s, want %s", judge.ErrMoved, at, was)
	}
	if _, err := p.Marshal(); err != nil {
		return err
	}
	if lull != nil {
		lull()
	}
	s.put(p)
	return nil
}

func (s *store) put(p plan.Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans = append(s.plans, p)
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

func (s *store) last() plan.Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plans[len(s.plans)-1]
}

// decisions are those of the history.
func (s *store) decisions() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.plans {
		all = append(all, p.Decision.What)
	}
	return all
}

// begin is a store with a rollout that begins now, whose hosts all have the version from then on.
func begin(t *testing.T, skew time.Duration, rules ...string) *store {
	s := &store{skew: skew}
	p := newPlan(t, rules...)
	p.Since, p.Decision.Time = s.now(), s.now()
	s.put(p)
	return s
}

// asker says that all is well, but for what change does.
func asker(t *testing.T, change func(*plan.Plan, *judge.Facts)) judge.Asker {
	return func(_ context.Context, p plan.Plan, now time.Time) judge.Facts {
		f := good(t, p)
		f.AllFor, f.MostFor = now.Sub(p.Since), now.Sub(p.Since)
		if change != nil {
			change(&p, &f)
		}
		return f
	}
}

// Two steps of ten minutes, and the rollout is done; whatever the clocks here and there say.
func TestRunToTheEnd(t *testing.T) {
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := begin(t, skew, "error ratio < 1%")
			start := time.Now()
			out, err := judge.Run(t.Context(), s, judge.Options{Ask: asker(t, nil), By: "ci"})
			require.NoError(t, err)
			assert.Equal(t, plan.Done, out.Plan.State)
			assert.Equal(t, judge.CodeFine, out.Code())
			assert.Equal(t, []string{plan.Start, plan.Advance, plan.Finish}, s.decisions())
			assert.Equal(t, "ci", s.last().Decision.By)
			assert.Equal(t, digest(2), s.last().Previous)
			assert.NotEmpty(t, s.last().Decision.Numbers)
			assert.WithinDuration(t, start.Add(2*bake), time.Now(), time.Minute)
		})
	}
}

func TestRunAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, 0)
		start := time.Now()
		out, err := judge.Run(t.Context(), s, judge.Options{Ask: asker(t, func(_ *plan.Plan, f *judge.Facts) {
			if time.Since(start) > 3*time.Minute {
				f.Failed = []string{"a:8080"}
			}
		})})
		require.NoError(t, err)
		assert.Equal(t, plan.Aborted, out.Plan.State)
		assert.Equal(t, judge.CodeAborted, out.Code())
		assert.Equal(t, []string{plan.Start, plan.Abort}, s.decisions())
		assert.Equal(t, "v2 failed: on 1 host (a:8080); one ends the rollout", s.last().Decision.Why)
	})
}

// One that waits says and saves it once for each reason, not more than each minute, and not that it bakes.
func TestRunWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, 0, "error ratio < 1%")
		start := time.Now()
		var said []string
		flaps := 0
		out, err := judge.Run(t.Context(), s, judge.Options{Say: func(text string) { said = append(said, text) }, Ask: asker(t, func(_ *plan.Plan, f *judge.Facts) {
			switch since := time.Since(start); {
			case since < 5*time.Minute:
				if flaps++; flaps%2 == 0 {
					f.Err = fmt.Errorf("connection refused, for the %dth time", flaps)
				}
			case since < time.Hour:
				f.Calls = since.Minutes()
			}
		})})
		require.NoError(t, err)
		assert.Equal(t, plan.Done, out.Plan.State)
		whys := map[string]int{}
		for _, p := range s.plans {
			if p.Decision.What == plan.Wait {
				whys[judge.KindOf(p.Decision.Why)]++
			}
		}
		assert.Equal(t, 1, whys[judge.KindFewCalls])
		assert.LessOrEqual(t, whys[judge.KindAway], 4)
		assert.NotZero(t, whys[judge.KindAway])
		assert.LessOrEqual(t, len(s.plans), 12)
		assert.Contains(t, strings.Join(said, "\n"), "too few calls: 10 of 100")
	})
}

// Without the registry a judge goes on, and says so once.
func TestRunWithoutRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, 0)
		s.fail(errors.New("connection refused"))
		time.AfterFunc(time.Hour, func() { s.fail(nil) })
		var said []string
		loads := 0
		out, err := judge.Run(t.Context(), counting{s, &loads}, judge.Options{Ask: asker(t, nil), Say: func(text string) { said = append(said, text) }})
		require.NoError(t, err)
		assert.Equal(t, plan.Done, out.Plan.State)
		require.Len(t, said, 4, "%q", said)
		assert.Contains(t, said[0], "it goes on trying: load the rollout's plan: connection refused")
		assert.Equal(t, "it goes on as before", said[1])
		assert.Less(t, loads, 150, "an hour of 240 intervals, and two steps of 40")
	})
}

type counting struct {
	*store
	loads *int
}

func (c counting) Load(ctx context.Context) (plan.Plan, string, time.Time, error) {
	*c.loads++
	return c.store.Load(ctx)
}

func TestRunIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		out, err := judge.Run(ctx, begin(t, 0), judge.Options{Ask: asker(t, nil)})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, plan.Running, out.Plan.State)
	})
}

// What no further look would mend ends it.
func TestNoPlanEndsIt(t *testing.T) {
	for _, bad := range []error{plan.ErrBadPlan, judge.ErrNoRollout} {
		s := &store{down: bad}
		_, err := judge.Run(t.Context(), s, judge.Options{Ask: asker(t, nil)})
		assert.ErrorIs(t, err, bad)
	}
}

// Somebody moves the tag when an abort is to be saved: there is nothing to take back any more.
func TestTagMovedUnderAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, 0)
		_, err := judge.Run(t.Context(), s, judge.Options{Ask: asker(t, func(_ *plan.Plan, f *judge.Facts) {
			f.Failed = []string{"a:8080"}
			s.fail(judge.ErrNoRollout)
		})})
		require.ErrorIs(t, err, judge.ErrNoRollout)
		assert.Equal(t, []string{plan.Start}, s.decisions())
	})
}

func TestOnce(t *testing.T) {
	for name, c := range map[string]struct {
		state  plan.State
		change func(*plan.Plan, *judge.Facts)
		after  time.Duration
		code   int
		whats  []string
	}{
		"it bakes":         {whats: []string{plan.Start}},
		"it goes on":       {after: bake, whats: []string{plan.Start, plan.Advance}},
		"paused":           {state: plan.Paused, after: bake, whats: []string{plan.Start}},
		"aborted before":   {state: plan.Aborted, code: judge.CodeAborted, whats: []string{plan.Start}},
		"done before":      {state: plan.Done, whats: []string{plan.Start}},
		"it aborts":        {change: func(_ *plan.Plan, f *judge.Facts) { f.Failed = []string{"a"} }, code: judge.CodeAborted, whats: []string{plan.Start, plan.Abort}},
		"it can't tell":    {change: func(_ *plan.Plan, f *judge.Facts) { f.Err = errors.New("away") }, code: judge.CodeUndecided, whats: []string{plan.Start, plan.Wait}},
		"hosts are behind": {after: time.Hour, change: func(_ *plan.Plan, f *judge.Facts) { f.Serves = 0 }, code: judge.CodeUndecided, whats: []string{plan.Start, plan.Wait}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := begin(t, 0)
				if c.state != "" {
					s.plans[0].State = c.state
				}
				time.Sleep(c.after)
				out, err := judge.Run(t.Context(), s, judge.Options{Once: true, Ask: asker(t, c.change)})
				require.NoError(t, err)
				assert.Equal(t, c.code, out.Code(), "%+v", out)
				assert.Equal(t, c.whats, s.decisions())
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, 0)
		s.fail(errors.New("connection refused"))
		_, err := judge.Run(t.Context(), s, judge.Options{Once: true, Ask: asker(t, nil)})
		assert.ErrorContains(t, err, "load the rollout's plan: connection refused")
	})
}

// When somebody else has decided meanwhile, that is judged anew.
func TestChannelMoves(t *testing.T) {
	for moves, fails := range map[int]bool{1: false, 4: false, 5: true} {
		synctest.Test(t, func(t *testing.T) {
			s := begin(t, 0)
			time.Sleep(bake)
			asked := 0
			out, err := judge.Run(t.Context(), s, judge.Options{Once: true, Ask: asker(t, func(p *plan.Plan, _ *judge.Facts) {
				if asked++; asked <= moves {
					s.put(*p)
				}
			})})
			if fails {
				assert.ErrorIs(t, err, judge.ErrMoved)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, moves+1, asked)
			assert.Equal(t, 1, out.Plan.Step)
			assert.Equal(t, digest(moves+1), s.last().Previous)
		})
	}
}

// Judges that decide at the same moment do no harm: steps are not skipped, and each bakes.
func TestJudgesRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, 0)
		s.lull = func() { time.Sleep(50 * time.Millisecond) }
		var all sync.WaitGroup
		start := time.Now()
		for range 3 {
			all.Go(func() {
				out, err := judge.Run(t.Context(), s, judge.Options{Ask: asker(t, nil)})
				assert.NoError(t, err)
				assert.Equal(t, plan.Done, out.Plan.State)
			})
		}
		all.Wait()
		assert.Equal(t, plan.Done, s.last().State)
		assert.WithinDuration(t, start.Add(2*bake), time.Now(), time.Minute)
		for i, p := range s.plans[1:] {
			before := s.plans[i]
			assert.False(t, p.Step > before.Step && p.Since.Sub(before.Since) < bake, "step %d began at %s", p.Step, p.Since)
		}
	})
}

// An abort wins over judges that see nothing and decide at the same moment: it is there at the end, and once it has settled it stays.
func TestAbortWins(t *testing.T) {
	for _, lull := range []time.Duration{0, 10 * time.Millisecond, time.Second, 3 * time.Second} {
		t.Run(lull.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := begin(t, 0)
				s.lull = func() { time.Sleep(lull) } // all compare, then all write
				time.Sleep(bake)
				var all sync.WaitGroup
				for range 3 {
					all.Go(func() {
						_, err := judge.Run(t.Context(), s, judge.Options{Ask: asker(t, nil), Every: time.Second})
						assert.NoError(t, err)
					})
				}
				all.Go(func() {
					// It sees the failure once: for who asks in the second step, it lies before that.
					seen := false
					out, err := judge.Run(t.Context(), s, judge.Options{Every: time.Second, Ask: asker(t, func(_ *plan.Plan, f *judge.Facts) {
						if !seen {
							f.Failed = []string{"a"}
						}
						seen = true
					})})
					assert.NoError(t, err)
					assert.Equal(t, judge.CodeAborted, out.Code())
				})
				all.Wait()
				assert.Equal(t, plan.Aborted, s.last().State, "%q", s.decisions())
			})
		})
	}
}

// An abort that was overwritten is put back, also over the end of the rollout; not over another rollout.
func TestAbortIsPutBack(t *testing.T) {
	for name, c := range map[string]struct {
		overwrite func(p plan.Plan) plan.Plan
		want      plan.State
		code      int
	}{
		"advanced": {func(p plan.Plan) plan.Plan { p.Step = 1; return p }, plan.Aborted, judge.CodeAborted},
		"done":     {func(p plan.Plan) plan.Plan { p.Step, p.State = 1, plan.Done; return p }, plan.Aborted, judge.CodeAborted},
		"another":  {func(p plan.Plan) plan.Plan { p.ID, p.State = "other", plan.Paused; return p }, plan.Paused, judge.CodeFine},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := begin(t, 0)
				first := s.last()
				time.AfterFunc(2*time.Second, func() { s.put(c.overwrite(first)) })
				out, err := judge.Run(t.Context(), s, judge.Options{Once: true, Ask: asker(t, func(_ *plan.Plan, f *judge.Facts) { f.Failed = []string{"a"} })})
				require.NoError(t, err)
				assert.Equal(t, c.want, s.last().State)
				assert.Equal(t, c.code, out.Code())
			})
		})
	}
}

// An abort goes on trying while the registry is away, and gives up once it has tried for long.
func TestAbortWithoutRegistry(t *testing.T) {
	for _, away := range []time.Duration{time.Minute, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := begin(t, 0)
			ask := asker(t, func(_ *plan.Plan, f *judge.Facts) {
				s.fail(errors.New("connection refused"))
				f.Failed = []string{"a"}
			})
			back := time.AfterFunc(away, func() { s.fail(nil) })
			defer back.Stop()
			_, err := judge.Run(t.Context(), s, judge.Options{Once: true, Ask: ask})
			if away > time.Hour {
				assert.ErrorContains(t, err, "save the abort: connection refused")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, plan.Aborted, s.last().State)
		})
	}
}
