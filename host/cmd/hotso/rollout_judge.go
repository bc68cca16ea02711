package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
)

// A rolloutJudge decides about a rollout until it has ended.
type rolloutJudge struct {
	channelFlags
	every      time.Duration
	prometheus string // in place of the plan's
	once       bool
}

func newRolloutJudge(t *terminal) *cobra.Command {
	var f rolloutJudge
	cmd := &cobra.Command{
		Use:   "judge REGISTRY/NAME",
		Short: "Decide about a rollout until it has ended: go on, wait, or take it back",
		Long: `Look at the rollout of a channel every --every, ask the Prometheus of its plan, and decide: begin the next step, wait, or take
the version back. It may run anywhere that reaches both: in CI, in a CronJob with --once, in a terminal. Several at a time do no
harm, and none that stops does: another one goes on from what is in the registry.

It ends with the rollout. hotso help rollouts has what it decides by.`,
		Example: `  hotso rollout judge registry.example.com/team/greeter --channel stable
  hotso rollout judge registry.example.com/team/greeter --once --by ci`,
		Args:              arguments(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.on(func(ctx context.Context, s *channelStore) error {
			if f.every < time.Second {
				return usagef("--every %v: it must be at least a second", f.every)
			}
			if err := checkPrometheus(f.prometheus); err != nil {
				return err
			}
			return f.run(ctx, t, s)
		}),
	}
	f.add(cmd)
	f.addWho(cmd)
	cmd.Flags().DurationVar(&f.every, "every", 15*time.Second, "how often to look")
	cmd.Flags().BoolVar(&f.once, "once", false, "look and decide once")
	cmd.Flags().StringVar(&f.prometheus, "prometheus", "", "URL of the plan's Prometheus as it is reached from here")
	completes(cmd, completeNothing, "every", "prometheus")
	return cmd
}

// A rolloutEnd is an end that is no success, for which judges have exit codes of their own.
type rolloutEnd struct {
	code int
	text string
}

func (e rolloutEnd) Error() string { return e.text }

func (f rolloutJudge) run(ctx context.Context, t *terminal, s judge.Store) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	out, err := judge.Run(ctx, s, judge.Options{Ask: judge.Prometheus(f.prometheus, nil), Every: f.every, Once: f.once, By: f.by,
		Say: func(text string) {
			if !f.asJSON {
				fmt.Fprintln(t.err, time.Now().Format(time.TimeOnly), firstLine(text, ""))
			}
		}})
	if err != nil {
		return err
	}
	if f.asJSON {
		if err := t.json(out.Plan); err != nil {
			return err
		}
	}
	switch code := out.Code(); {
	case code == judge.CodeAborted:
		return rolloutEnd{code, fmt.Sprintf("the rollout of v%s was aborted: %s", out.Plan.Version, out.Plan.Decision.Why)}
	case code != judge.CodeFine:
		return rolloutEnd{code, fmt.Sprintf("the rollout of v%s waits: %s", out.Plan.Version, out.Verdict.Why)}
	case f.asJSON:
		return nil
	case out.Plan.State == plan.Running && out.Verdict.Why != "":
		return t.say("%s; %s", summary(out.Plan), out.Verdict.Why)
	}
	return t.say("%s", summary(out.Plan))
}
