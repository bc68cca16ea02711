package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hotso/hotso/host"
)

// A check is a call that must succeed on a new version before it serves, and return
// the expected answer, if there is one.
type check struct {
	text, function string
	args           []string
	expects        bool
	answer         string
}

// parseChecks reads checks: 'Func ARG...' or 'Func ARG... = ANSWER'. where names what has given them.
func parseChecks(where string, texts []string) (checks []check, err error) {
	for _, text := range texts {
		c := check{text: text}
		words := strings.Fields(text)
		if i := slices.Index(words, "="); i > 0 {
			c.expects, c.answer = true, strings.Join(words[i+1:], " ")
			words = words[:i]
		}
		if len(words) == 0 || words[0] == "=" {
			return nil, usagef("%s %q: give a function, its arguments and, after =, the answer", where, text)
		}
		c.function, c.args = words[0], words[1:]
		checks = append(checks, c)
	}
	return checks, nil
}

// checking is host.Check for all that there are now, one after the other.
func checking(checks func() []check) host.Option {
	return host.Check(func(ctx context.Context, lib *host.Library) error {
		for _, c := range checks() {
			if err := c.run(ctx, lib); err != nil {
				return fmt.Errorf("--check '%s': %w", c.text, err)
			}
		}
		return nil
	})
}

func (c check) run(ctx context.Context, lib *host.Library) error {
	ctx, cancel := context.WithTimeout(ctx, host.DefaultStartTimeout)
	defer cancel()
	call, err := prepareCall(ctx, lib.Description(), c.function, c.args)
	if err != nil {
		return err
	}
	r, err := call.call(ctx, lib)
	if err != nil || !c.expects {
		return err
	}
	var got strings.Builder
	if err := printResult(&terminal{out: &got}, r.Value); err != nil {
		return err
	}
	if answer := strings.Join(strings.Fields(got.String()), " "); answer != c.answer {
		return fmt.Errorf("the answer is %s", answer)
	}
	return nil
}
