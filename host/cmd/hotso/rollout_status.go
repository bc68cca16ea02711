package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
)

type rolloutStatusFlags struct {
	channelFlags
	prometheus string
	watch      bool
	all        bool
}

func newRolloutStatus(t *terminal) *cobra.Command {
	var f rolloutStatusFlags
	cmd := &cobra.Command{
		Use:   "status REGISTRY/NAME",
		Short: "Show how far a rollout is, and each decision with its numbers",
		Long: `Show the rollout of a channel: each step as a bar, on how many hosts the version is (if its Prometheus can be
asked from here), and what was decided, when, by whom, and by which numbers. --all shows the channel's rollouts before as well.`,
		Example: `  hotso rollout status registry.example.com/team/greeter --channel stable
  hotso rollout status registry.example.com/team/greeter --watch
  hotso rollout status registry.example.com/team/greeter --json | jq -r '.history[] | .decision.why'`,
		Args:              arguments(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.on(func(ctx context.Context, s *channelStore) error {
			if err := checkPrometheus(f.prometheus); err != nil {
				return err
			}
			return f.show(ctx, t, s)
		}),
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.watch, "watch", false, "show it again whenever it changes, until it has ended")
	cmd.Flags().BoolVar(&f.all, "all", false, "show the channel's rollouts before as well")
	cmd.Flags().StringVar(&f.prometheus, "prometheus", "", "URL of the plan's Prometheus as it is reached from here")
	completes(cmd, completeNothing, "prometheus")
	return cmd
}

// A rolloutStatus is what rollout status --json prints.
type rolloutStatus struct {
	Channel string       `json:"channel"`
	Plan    plan.Plan    `json:"plan"`
	Percent float64      `json:"percent"` // of the hosts that are to have the version
	Hosts   *fleetFacts  `json:"hosts,omitempty"`
	History []decisionOf `json:"history"` // oldest first
	Problem string       `json:"problem,omitempty"`

	age time.Duration // of the step
}

// fleetFacts are what Prometheus knows of the hosts.
type fleetFacts struct {
	Known  int      `json:"known"`            // that it hears from
	Share  int      `json:"share,omitempty"`  // that are to have the version, as far as they say so
	Serves int      `json:"serves"`           // that have it
	Failed []string `json:"failed,omitempty"` // on which it failed in this step
}

type decisionOf struct {
	Rollout  string        `json:"rollout"` // ID
	Version  string        `json:"version"`
	Percent  float64       `json:"percent"`
	Decision plan.Decision `json:"decision"`
}

// statusEvery is how often --watch looks.
const statusEvery = 2 * time.Second

func (f *rolloutStatusFlags) show(ctx context.Context, t *terminal, s *channelStore) error {
	before := ""
	for {
		status, err := f.look(ctx, s)
		if err != nil {
			return err
		}
		text := status.text(t.outColor, f.all)
		switch {
		case f.asJSON && !f.watch:
			return t.json(status)
		case f.asJSON && text != before:
			err = t.jsonLine(status)
		case text != before:
			_, err = fmt.Fprint(t.out, text)
		}
		if err != nil || !f.watch || status.Plan.State.Ended() {
			return err
		}
		before = text
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(statusEvery):
		}
	}
}

// look asks the registry, and Prometheus if that can be asked.
func (f *rolloutStatusFlags) look(ctx context.Context, s *channelStore) (rolloutStatus, error) {
	p, _, now, err := s.Load(ctx)
	if err != nil {
		return rolloutStatus{}, err
	}
	status := rolloutStatus{Channel: s.client.Reference.String(), Plan: p, Percent: p.Percent(), age: now.Sub(p.Since)}
	err = s.client.History(ctx, s.last, func(_ *registry.Index, h plan.Plan) bool {
		if h.ID != p.ID && !f.all {
			return false
		}
		status.History = append([]decisionOf{{h.ID, h.Version, h.Percent(), h.Decision}}, status.History...)
		return true
	})
	if err != nil {
		return status, err
	}
	if p.Prometheus != "" && !p.State.Ended() {
		facts := judge.Prometheus(f.prometheus, nil)(ctx, p, now)
		if facts.Err != nil {
			status.Problem = "its Prometheus can't be asked from here: " + facts.Err.Error()
		}
		if facts.Known > 0 {
			status.Hosts = &fleetFacts{facts.Known, facts.Share, facts.Serves, facts.Failed}
		}
	}
	return status, nil
}

// stateColors are those of rollouts.
var stateColors = map[plan.State]color.Attribute{plan.Running: color.FgCyan, plan.Paused: color.FgYellow, plan.Done: color.FgGreen, plan.Aborted: color.FgRed}

// text is the status for people, who look at the bars first.
func (s rolloutStatus) text(colored, all bool) string {
	p := s.Plan
	var b strings.Builder
	fact := func(name, value string, attr color.Attribute) {
		line := printable.Line(value)
		if attr != 0 {
			line = paint(colored, attr, line)
		}
		fmt.Fprintf(&b, "%s  %s\n", paint(colored, color.Faint, fmt.Sprintf("%-8s", name)), line)
	}
	fact("rollout", fmt.Sprintf("v%s of %s, after v%s, on %s", p.Version, p.Library, p.Base, s.Channel), 0)
	state := string(p.State)
	if !p.State.Ended() {
		state += fmt.Sprintf(", step %d of %d for %s", p.Step+1, len(p.Steps), span(s.age))
	}
	fact("state", state, stateColors[p.State])
	if p.Prometheus == "" {
		fact("judge", "by time only: it names no Prometheus", 0)
	} else {
		fact("judge", strings.Join(append([]string{p.Prometheus}, p.Rules...), "; "), 0)
	}
	if h := s.Hosts; h != nil {
		text := fmt.Sprintf("%d of %d have v%s", h.Serves, h.Known, p.Version)
		if h.Share > 0 {
			text += fmt.Sprintf("; %d are in the share", h.Share)
		}
		if len(h.Failed) > 0 {
			text += fmt.Sprintf("; it failed on %s", strings.Join(h.Failed, ", "))
		}
		fact("hosts", text, 0)
	}
	if s.Problem != "" {
		fact("problem", s.Problem, color.FgYellow)
	}
	b.WriteByte('\n')
	for i, percent := range p.Steps {
		b.WriteString(s.step(i, percent, colored))
	}
	b.WriteByte('\n')
	for _, d := range s.History {
		b.WriteString(d.text(colored, all))
	}
	return b.String()
}

const barWidth = 30

// step is the bar of one.
func (s rolloutStatus) step(i int, percent float64, colored bool) string {
	p, part, note := s.Plan, 0.0, ""
	switch {
	case p.State == plan.Done || i < p.Step:
		part, note = 1, "done"
	case p.State == plan.Aborted && i == p.Step:
		note = "aborted"
	case i > p.Step || p.State == plan.Aborted:
	default:
		part = math.Min(math.Max(float64(s.age)/float64(max(p.Bake, 1)), 0), 1)
		note = fmt.Sprintf("%s of %s", span(s.age), span(time.Duration(p.Bake)))
		if p.State == plan.Paused {
			note = string(p.State)
		}
	}
	full := int(part*barWidth + 0.5)
	bar := paint(colored, stateColors[p.State], strings.Repeat("█", full)) + paint(colored, color.Faint, strings.Repeat("░", barWidth-full))
	return strings.TrimRight(fmt.Sprintf("%8s  %s  %s", percents(percent), bar, note), " ") + "\n"
}

// text is a decision in a line, with its numbers below.
func (d decisionOf) text(colored, all bool) string {
	version := ""
	if all {
		version = "v" + d.Version + " "
	}
	line := fmt.Sprintf("%s  %s%-8s %6s  %s", d.Decision.Time.Local().Format(time.DateTime), version, d.Decision.What, percents(d.Percent), d.Decision.Why)
	if d.Decision.By != "" {
		line += " (" + d.Decision.By + ")"
	}
	text := printable.Line(line) + "\n"
	if numbers := d.numbers(); numbers != "" {
		text += paint(colored, color.Faint, "                     "+printable.Line(numbers)) + "\n"
	}
	return text
}

func (d decisionOf) numbers() string {
	var list []string
	for _, n := range d.Decision.Numbers {
		text := n.Name + " " + figure(n.Value)
		if n.Base != 0 {
			text += " (before " + figure(n.Base) + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// figure is a number as people read it: counts are whole.
func figure(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func span(d time.Duration) string { return d.Round(time.Second).String() }
