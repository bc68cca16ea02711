package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/version"
)

type rolloutStartFlags struct {
	channelFlags
	steps string
	bake  time.Duration
	plan.Judge
	force bool
	judge bool
	every time.Duration
}

func newRolloutStart(t *terminal) *cobra.Command {
	var f rolloutStartFlags
	cmd := &cobra.Command{
		Use:   "start REGISTRY/NAME:VERSION",
		Short: "Begin a rollout of a version that has been pushed",
		Long: `Begin to bring VERSION to the hosts of a channel. In each step that share of the hosts has it, which each
host knows by a hash of its name and the version; hosts that are in stay in. A step lasts for --bake, from when its hosts have the version
on, and ends well if no --rule is violated. Without --prometheus steps go by time, or by hand: hotso rollout advance.

It is refused when VERSION breaks callers of the version before (hotso compat), lacks one of its platforms, or is older: during a rollout hosts
differ. --force begins it anyway.

--judge goes on as hotso rollout judge does, until the rollout has ended.`,
		Example: `  hotso rollout start registry.example.com/team/greeter:2 --prometheus http://prometheus:9090 --rule 'p99 < 1.2x'
  hotso rollout start registry.example.com/team/greeter:2 --prometheus http://prometheus:9090 --selector 'job="greeter"' --judge
  hotso rollout start registry.example.com/team/greeter:2 --channel beta --steps 50%,100% --bake 1h`,
		Args:              arguments(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.start(cmd.Context(), t, args[0])
		},
	}
	f.add(cmd)
	f.addWho(cmd)
	f.addWhy(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.steps, "steps", "1%,10%,50%,100%", "shares of the hosts, each more than the one before")
	flags.DurationVar(&f.bake, "bake", 10*time.Minute, "how long a step lasts at least")
	flags.StringVar(&f.Prometheus, "prometheus", "", "URL of the Prometheus that scrapes the hosts")
	flags.StringArrayVar(&f.Rules, "rule", nil, "what must be true, such as 'error ratio < 1%'; may be repeated: see hotso help rollouts")
	flags.StringVar(&f.Selector, "selector", "", `labels of the channel's hosts in Prometheus, such as 'job="greeter"'`)
	flags.IntVar(&f.FailedHosts, "failed-hosts", 1, "so many hosts on which the version fails by itself end the rollout")
	flags.IntVar(&f.MinCalls, "min-calls", 100, "calls of the version that rules need in a step")
	flags.BoolVar(&f.force, "force", false, "begin it even if it breaks callers")
	flags.BoolVar(&f.judge, "judge", false, "judge it until it has ended")
	flags.DurationVar(&f.every, "every", 15*time.Second, "how often --judge looks")
	completes(cmd, completeNothing, "steps", "bake", "prometheus", "rule", "selector", "failed-hosts", "min-calls", "every")
	return cmd
}

// check judges the flags alone.
func (f *rolloutStartFlags) check() (steps []float64, err error) {
	if steps, err = parseSteps(f.steps); err != nil {
		return nil, err
	}
	if f.bake <= 0 {
		return nil, usagef("--bake %v: it must be more than 0", f.bake)
	}
	if f.FailedHosts < 1 || f.MinCalls < 1 {
		return nil, usagef("--failed-hosts and --min-calls must be at least 1")
	}
	if _, err := judge.ParseRules(f.Rules); err != nil {
		return nil, usagef("--rule: %w", err)
	}
	if err := judge.CheckSelector(f.Selector); err != nil {
		return nil, usagef("--selector: %w", err)
	}
	if f.Prometheus == "" && (len(f.Rules) > 0 || f.Selector != "") {
		return nil, usagef("--rule and --selector need --prometheus: nobody else knows how the version does")
	}
	if err := checkTag("--channel", f.channel); err != nil {
		return nil, err
	}
	return steps, checkPrometheus(f.Prometheus)
}

// checkPrometheus refuses a URL that no judge could ask, wherever it runs. None is fine.
func checkPrometheus(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return usagef("--prometheus %s: want a URL, such as http://prometheus:9090", text)
	}
	return nil
}

func (f *rolloutStartFlags) start(ctx context.Context, t *terminal, reference string) error {
	steps, err := f.check()
	if err != nil {
		return err
	}
	c, err := f.openTagged(reference)
	if err != nil {
		return err
	}
	defer c.Close()
	tag := c.Reference.Tag
	if tag == f.channel {
		return usagef("%s is the channel itself: give the version that is to come, %s:VERSION", reference, c.Reference.WithTag(""))
	}
	next, err := c.Index(ctx, tag)
	if err != nil {
		return err
	}
	c.Reference.Tag = f.channel
	base, err := c.Index(ctx, f.channel)
	if errors.Is(err, registry.ErrNotFound) {
		return fmt.Errorf("%w: no host can follow the channel yet. Have it stand for a first version: hotso push FILE %s --tag %s", err, c.Reference.WithTag(""), f.channel)
	}
	if err != nil {
		return err
	}
	if err := f.may(ctx, t, c, base, next); err != nil {
		return err
	}
	why := cmp.Or(f.why, "somebody asked for it")
	p, err := plan.New(plan.Plan{Library: next.Name(), Version: next.Version(), Base: base.Version(), Steps: steps, Bake: plan.Duration(f.bake), Judge: f.Judge},
		plan.Decision{Time: c.Now(), Why: why, By: f.by})
	if err != nil {
		return err
	}
	index, err := registry.Begin(base, next, p)
	if err != nil {
		return err
	}
	if err := c.Move(ctx, f.channel, base.Descriptor.Digest.String(), index); err != nil {
		return err
	}
	store := &channelStore{client: c, last: index}
	if err := store.stands(ctx, *index.Plan); err != nil {
		return err
	}
	if f.asJSON && !f.judge {
		return t.json(index.Plan)
	}
	if err := f.started(t, *index.Plan); err != nil || !f.judge {
		return err
	}
	return rolloutJudge{f.channelFlags, f.every, "", false}.run(ctx, t, store)
}

// started says what begins, and who has to see to it.
func (f *rolloutStartFlags) started(t *terminal, p plan.Plan) error {
	if f.asJSON {
		return nil
	}
	if !f.judge {
		on := "hotso rollout judge, which may run anywhere, has it go on"
		if p.Prometheus == "" {
			on += ": by time only, as there is no --prometheus; or by hand: hotso rollout advance"
		}
		t.note("%s", on)
	}
	return t.say("%s", summary(p))
}

// may refuses what hosts should not differ in.
func (f *rolloutStartFlags) may(ctx context.Context, t *terminal, c *registry.Client, base, next *registry.Index) error {
	if p := base.Plan; p != nil && !p.State.Ended() {
		return fmt.Errorf("%s: a rollout of v%s is %s: abort it first (hotso rollout abort), or see it through", c.Reference, p.Version, p.State)
	}
	if base.Version() == next.Version() && sameEntries(base.Entries, next.Entries) {
		return fmt.Errorf("%s stands for v%s already", c.Reference, next.Version())
	}
	problems, err := skew(ctx, c, base, next)
	if err != nil {
		return err
	}
	if len(problems) == 0 {
		return nil
	}
	if f.force {
		for _, problem := range problems {
			t.note("%s", problem)
		}
		return nil
	}
	return fmt.Errorf("v%s should not be beside v%s: %s. --force begins anyway", next.Version(), base.Version(), strings.Join(problems, "; "))
}

func sameEntries(a, b []registry.Entry) bool {
	for _, e := range a {
		if o, err := registry.For(b, e.Platform); err != nil || o.Descriptor.Digest != e.Descriptor.Digest {
			return false
		}
	}
	return len(a) == len(b)
}

// skew says what is wrong when hosts of both versions run side by side.
func skew(ctx context.Context, c *registry.Client, base, next *registry.Index) (problems []string, err error) {
	v, errV := version.Parse(base.Version())
	w, errW := version.Parse(next.Version())
	if errV == nil && errW == nil && version.Compare(w, v) < 0 {
		problems = append(problems, fmt.Sprintf("v%s is older, and hosts without --allow-rollback stay with v%s", next.Version(), base.Version()))
	}
	for _, e := range base.Entries {
		o, err := registry.For(next.Entries, e.Platform)
		if err != nil {
			problems = append(problems, fmt.Sprintf("there is no v%s for %s, and hosts of that platform stay with v%s", next.Version(), platformText(e), base.Version()))
			continue
		}
		old, err := remoteManifest(ctx, c, e)
		if err != nil {
			return nil, err
		}
		is, err := remoteManifest(ctx, c, o)
		if err != nil {
			return nil, err
		}
		changes, err := manifestChanges(old, is)
		if err != nil {
			return nil, err
		}
		for _, change := range changes {
			if text := "it breaks callers: " + change.String(); change.Breaking && !slices.Contains(problems, text) {
				problems = append(problems, text)
			}
		}
	}
	return problems, nil
}

// parseSteps reads 1%,10%,100%.
func parseSteps(text string) ([]float64, error) {
	var steps []float64
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(part, "%")), 64)
		if err != nil || !(v > 0 && v <= 100) {
			return nil, usagef("--steps %s: %q is no share of the hosts: want percents, such as 1%%,10%%,100%%", text, part)
		}
		if n := len(steps); n > 0 && v <= steps[n-1] {
			return nil, usagef("--steps %s: each must be more than the one before", text)
		}
		steps = append(steps, v)
	}
	if steps[len(steps)-1] != 100 {
		return nil, usagef("--steps %s: the last must be 100%%", text)
	}
	return steps, nil
}
