package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
)

func newRollout(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollout",
		Short: "Bring a version from a registry to a fleet of hosts, in steps",
		Long: `Bring a version to the hosts that serve a channel (hotso serve oci://REGISTRY/NAME:CHANNEL), in steps: first to
some percent of the hosts, then to more. The plan is in the registry, under the channel's tag. Each host finds out by
itself whether it is in the share; a judge, of which there may be several, anywhere, has the next step begin, or takes
the version back.

hotso help rollouts has what it is judged by.`,
		Example: `  hotso push build/libgreeter.v2.so registry.example.com/team/greeter
  hotso rollout start registry.example.com/team/greeter:2 --prometheus http://prometheus:9090 --rule 'error ratio < 1%' --judge
  hotso rollout status registry.example.com/team/greeter --channel stable
  hotso rollout abort registry.example.com/team/greeter --channel stable`,
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRolloutStart(t), newRolloutJudge(t), newRolloutStatus(t),
		newRolloutDecision(t, plan.Advance, "Begin the next step by hand, whatever the judge would say",
			"Have the next step begin, or in the last step end the rollout with all hosts on the new version."),
		newRolloutDecision(t, plan.Pause, "Leave all hosts where they are until it is resumed", "Hosts stay with what they run, and no judge decides, until hotso rollout resume."),
		newRolloutDecision(t, plan.Resume, "Go on with a rollout that is paused", "The step begins anew, with all of its time."),
		newRolloutDecision(t, plan.Abort, "Take the version back from all hosts", "All hosts go back to the version that they had before the rollout."))
	return cmd
}

// channelFlags say which rollout is meant, and who acts.
type channelFlags struct {
	registryFlags
	channel string
	by      string
	why     string
	asJSON  bool
}

const defaultChannel = "stable"

func (f *channelFlags) add(cmd *cobra.Command) {
	f.registryFlags.add(cmd)
	cmd.Flags().StringVar(&f.channel, "channel", defaultChannel, "tag that the hosts follow")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print one JSON document")
	completes(cmd, completeNothing, "channel")
}

// addWho has a command say who decides.
func (f *channelFlags) addWho(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.by, "by", whoami(), "who decides, for the history")
	completes(cmd, completeNothing, "by")
}

func (f *channelFlags) addWhy(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.why, "why", "", "reason, for the history")
	completes(cmd, completeNothing, "why")
}

// whoami is USER@HOST as far as that is known.
func whoami() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		return name
	}
	return name + "@" + host
}

// openChannel is a client whose reference has the channel's tag.
func (f *channelFlags) openChannel(repository string) (*registry.Client, error) {
	if err := checkTag("--channel", f.channel); err != nil {
		return nil, err
	}
	c, err := f.open(repository)
	if err != nil {
		return nil, err
	}
	if tag := c.Reference.Tag; tag != "" && tag != f.channel {
		c.Close()
		return nil, usagef("%s: leave the tag out: the rollout is that of --channel %s", repository, f.channel)
	}
	c.Reference.Tag = f.channel
	return c, nil
}

// on has a command work on the channel of the repository that is its argument.
func (f *channelFlags) on(run func(context.Context, *channelStore) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := f.openChannel(args[0])
		if err != nil {
			return err
		}
		defer c.Close()
		return run(cmd.Context(), &channelStore{client: c})
	}
}

func newRolloutDecision(t *terminal, what, short, long string) *cobra.Command {
	var f channelFlags
	cmd := &cobra.Command{
		Use:   what + " REGISTRY/NAME",
		Short: short, Long: long,
		Example:           fmt.Sprintf("  hotso rollout %s registry.example.com/team/greeter --channel stable --why 'as seen in the logs'", what),
		Args:              arguments(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              f.on(func(ctx context.Context, s *channelStore) error { return f.decide(ctx, t, s, what) }),
	}
	f.add(cmd)
	f.addWho(cmd)
	f.addWhy(cmd)
	return cmd
}

// decisionTries is how often a decision is made anew when somebody else has decided meanwhile.
const decisionTries = 5

// decide makes a decision of a person, and looks whether it stands.
func (f *channelFlags) decide(ctx context.Context, t *terminal, s *channelStore, what string) error {
	why := f.why
	if why == "" {
		why = "somebody asked for it"
	}
	var next plan.Plan
	for try := 1; ; try++ {
		p, at, now, err := s.Load(ctx)
		if err != nil {
			return err
		}
		if next, err = p.Next(plan.Decision{Time: now, What: what, Why: why, By: f.by}); err != nil {
			return err
		}
		err = s.Save(ctx, next, at)
		if err == nil {
			err = s.stands(ctx, next)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, judge.ErrMoved) || try == decisionTries {
			return err
		}
	}
	if f.asJSON {
		return t.json(next)
	}
	return t.say("%s", summary(next))
}

// summary is a plan in a line.
func summary(p plan.Plan) string {
	of := fmt.Sprintf("v%s of %s", p.Version, p.Library)
	switch {
	case p.State == plan.Done && p.Prometheus == "":
		return of + " is for all hosts, and nobody has looked whether they have it"
	case p.State == plan.Done:
		return of + " is on all hosts"
	case p.State == plan.Aborted:
		return of + " is taken back: all hosts go to v" + p.Base
	case p.State == plan.Paused:
		return fmt.Sprintf("%s is paused at %s of the hosts", of, percents(p.Percent()))
	}
	return fmt.Sprintf("%s goes to %s of the hosts, step %d of %d", of, percents(p.Percent()), p.Step+1, len(p.Steps))
}

func percents(v float64) string { return fmt.Sprintf("%g %%", v) }
