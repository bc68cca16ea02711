package modeltest

import (
	"time"

	"github.com/hotso/hotso/host"
)

// A lane is a slot's place in the test: what is loaded into it, and how it is run.
type lane struct {
	lib      string
	exact    bool      // its state is checked to be exact, so nobody crashes it
	flavours []flavour // the first is a good one
	options  func(draw func(n int) int) []host.Option
}

// rule is looked at often.
var rule = host.Rule{Errors: 0.9, Calls: 50, Health: 20 * time.Millisecond}

// lanes are those of the model; with -model.stress, see useStress.
var lanes = []lane{
	{ // No state, so it can have canaries; it crashes, and its calls hang.
		lib: "crash",
		flavours: []flavour{
			{}, {},
			{flags: "-X main.mode=init", fails: []error{host.ErrCrashed}},
			{flags: "-X main.mode=start", fails: []error{host.ErrCrashed}},
			{flags: "-X main.mode=stop", dies: true},
		},
		options: func(draw func(int) int) []host.Option {
			opts := []host.Option{host.KillHung(), host.Probation(time.Duration(draw(3))*100*time.Millisecond, rule)}
			if draw(2) == 0 {
				opts = append(opts, host.ForceUnload())
			}
			return append(opts, host.CrashLimit(3+draw(20), 5*time.Second))
		},
	},
	{ // A state that no swap may lose.
		lib: "sessions", exact: true,
		flavours: []flavour{
			{}, {flags: "-X main.format=2"},
			{flags: "-X main.fail=restore", fails: []error{host.ErrState}, state: true},
			{flags: "-X main.fail=crash-restore", fails: []error{host.ErrCrashed}, state: true},
		},
		options: func(draw func(int) int) []host.Option {
			return []host.Option{host.Probation(time.Duration(draw(3))*50*time.Millisecond, rule)}
		},
	},
	{ // A state that crashes lose, and swaps do not.
		lib:      "counter",
		flavours: []flavour{{}, {}},
		options: func(draw func(int) int) []host.Option {
			opts := []host.Option{host.CrashLimit(3+draw(20), 5*time.Second), host.Probation(time.Duration(draw(2))*50*time.Millisecond, rule)}
			if draw(2) == 0 {
				opts = append(opts, host.Exclusive())
			}
			return opts
		},
	},
}
