package judge_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/docs"
	"github.com/hotso/hotso/host/cmd/hotso/internal/judge"
)

func TestParseRule(t *testing.T) {
	for text, want := range map[string]string{
		"error ratio < 1%":                      "error ratio < 0.01",
		" Error  Ratio<=0.01 ":                  "error ratio <= 0.01",
		"error ratio < 2x or 0.1%":              "error ratio < 2x or 0.001",
		"error ratio < 0%":                      "error ratio < 0",
		"p99 < 50ms":                            "p99 < 0.05s",
		"p99<50 ms":                             "p99 < 0.05s",
		"P999 < 1.2x or 1m30s":                  "p999 < 1.2x or 90s",
		"p50 < 1.2 x":                           "p50 < 1.2x",
		"crashes < 3":                           "crashes < 3",
		"query(up) > .5":                        "query(up) > 0.5",
		"QUERY (a + (b) ) >= 1e3":               "query(a + (b) ) >= 1000",
		`query(a{x=")"} # ` + "\n" + `) < 5%`:   `query(a{x=")"} # ` + "\n" + `) < 0.05`,
		`query(a{x='\')',y=` + "`)`" + `}) < 1`: `query(a{x='\')',y=` + "`)`" + `}) < 1`,
		`query(f{v="$version"}) < 1.5x`:         `query(f{v="$version"}) < 1.5x`,
		`query(f{v=~"a$"}) < 20ms`:              `query(f{v=~"a$"}) < 0.02`,
	} {
		r, err := judge.ParseRule(text)
		if assert.NoError(t, err) {
			assert.Equal(t, want, r.String(), text)
			assert.Equal(t, text, r.Text)
		}
	}
}

// What the help, the package and the page show are rules.
func TestExamples(t *testing.T) {
	page, err := docs.Files.ReadFile("rollouts.md")
	require.NoError(t, err)
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	for _, text := range []string{judge.Help, string(source), string(page)} {
		found := 0
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(strings.TrimLeft(line, "/ \t"), "   ")
			if line = strings.TrimSpace(line); regexp.MustCompile(`^(error ratio|p99|crashes|query\().* [<>]`).MatchString(line) {
				found++
				_, err := judge.ParseRule(line)
				assert.NoError(t, err)
			}
		}
		assert.GreaterOrEqual(t, found, 6)
	}
}

// An error says where, and what would do.
func TestBadRules(t *testing.T) {
	for text, want := range map[string]string{
		"":                             `bad rule "", at character 1: want what it is about: error ratio, p50, `,
		"errors < 1%":                  `at character 1: want what it is about`,
		"p98 < 1s":                     `at character 1: p98 is no quantile`,
		"p99 1s":                       `at character 5: want < or <=, as in "p99 < 50ms"`,
		"p99 > 1s":                     `at character 5: p99 must be less than something`,
		"p99 < ":                       `at character 7: want a time such as 50ms, or times`,
		"p99 < 50":                     `at character 7: 50 has no unit: want a time such as 50ms`,
		"p99 < 0ms":                    `0ms is no time above 0`,
		"p99 < 25h":                    `25h is no time above 0, and up to a day`,
		"p99 < 1.2.3ms":                `is no time`,
		"p99 < 1%":                     `at character 8: % does not fit latency`,
		"p99 < 1x or":                  `at character 12: want a time`,
		"p99 < 1s and more":            `at character 10: what comes after the rule?`,
		"p99 < -1s":                    `at character 7: want a time`,
		"error ratio < 1":              `at character 15: all calls may fail then: want a share such as 1%`,
		"error ratio < 50ms":           `at character 15: 50ms is a time: want a share`,
		"error ratio < 0x":             `0 times anything is 0`,
		"error ratio < 1e999%":         `1e999 is too large`,
		"crashes < 1.5":                `1.5: want a whole number`,
		"crashes < 2x":                 `x does not fit crashes`,
		"query < 5":                    `at character 7: want ( after query`,
		"query(a(b) < 5":               `at character 6: no ) belongs to this (`,
		"query( ) < 5":                 `the query is empty`,
		`query(ö{x="$vresion"}) < 5`:   `at character 12: $vresion is not known: there are $library, $version`,
		`query(a{x="${version}"}) < 5`: `${ is not known`,
		"query(a # b) < 5":             `a comment goes up to the end of the line`,
		`query(a{x="b) < 5`:            `at character 11: no " ends what begins here`,
		"query(up) < 2x":               `the query has no $version`,
		"query(up) == 2":               `want < or <=`,
	} {
		_, err := judge.ParseRule(text)
		assert.ErrorIs(t, err, judge.ErrBadRule, text)
		assert.ErrorContains(t, err, want)
	}
	_, err := judge.ParseRule(string(make([]byte, 1<<20)))
	assert.ErrorIs(t, err, judge.ErrBadRule)
	_, err = judge.ParseRules([]string{"p99 < 1s", "p99"})
	assert.ErrorIs(t, err, judge.ErrBadRule)
}

func FuzzParseRule(f *testing.F) {
	for _, text := range []string{"error ratio < 2x or 0.1%", "p99 < 50ms", "crashes <= 3", `query(a{x="$version"}) > 1.5x`, "query((a)) < 1e3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := judge.ParseRule(text)
		if err != nil {
			assert.ErrorIs(t, err, judge.ErrBadRule)
			return
		}
		again, err := judge.ParseRule(r.String())
		require.NoError(t, err, "%q from %q", r.String(), text)
		assert.Equal(t, r.String(), again.String())
		assert.Equal(t, r.Subject, again.Subject)
		assert.Len(t, again.Limits, len(r.Limits))
	})
}

func TestSelector(t *testing.T) {
	for _, good := range []string{"", " ", `job="shop"`, `job="shop", zone=~"eu.*",`, `a!='}',b!~` + "`,`"} {
		assert.NoError(t, judge.CheckSelector(good))
	}
	for text, want := range map[string]string{
		"job":                  "at character 1: want a label",
		"job=shop":             "at character 5: want a text in quotes",
		`job="shop`:            "at character 5: the quotes have no end",
		`job="a" b="c"`:        "at character 9: want a comma",
		`job="a"} or up{b="`:   "at character 8: want a comma",
		`{job="a"}`:            "at character 1: want a label",
		`job="a",,zone="b"`:    "at character 9: want a label",
		`job="a" # , zone="b"`: "want a comma",
	} {
		err := judge.CheckSelector(text)
		assert.ErrorIs(t, err, judge.ErrBadSelector, text)
		assert.ErrorContains(t, err, want)
	}
}
