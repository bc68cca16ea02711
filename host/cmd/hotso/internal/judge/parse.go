package judge

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ErrBadRule means that the text of a rule is none.
var ErrBadRule = errors.New("bad rule")

// Known names the subjects, for help and errors.
const Known = "error ratio, p50, p75, p90, p95, p99, p999, p9999, crashes, query(PROMQL)"

// Help says how rules are written, for --help.
const Help = `  error ratio < 1%              failed calls of all
  error ratio < 2x or 0.1%      at most twice that of the version before, or next to nothing
  p99 < 50ms                    latency; also p50, p75, p90, p95, p999, p9999
  p99 < 1.2x                    times that of the version before
  crashes < 3                   in a step, on all hosts
  query(sum(up{$selector})) >= 10
                                PromQL with one value, and $library, $version, $base, $window, $selector`

const maxRule = 4 << 10 // bytes

// ParseRules reads rules, see the package. Errors are ErrBadRule, and say where.
func ParseRules(texts []string) ([]Rule, error) {
	rules := make([]Rule, len(texts))
	for i, text := range texts {
		var err error
		if rules[i], err = ParseRule(text); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

// ParseRule reads one rule.
func ParseRule(text string) (Rule, error) {
	p := &parser{text: text, lower: asciiLower(text)}
	if len(text) > maxRule {
		return Rule{}, fmt.Errorf("%w: it has %d bytes, more than %d: record the query in Prometheus and ask for the record", ErrBadRule, len(text), maxRule)
	}
	r, err := p.rule()
	if err != nil {
		return Rule{}, err
	}
	r.Text = text
	return r, nil
}

// asciiLower keeps positions, which strings.ToLower does not of all letters.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

type parser struct {
	text, lower string
	at          int
}

func (p *parser) fail(at int, format string, args ...any) error {
	return fmt.Errorf("%w %q, at character %d: %s", ErrBadRule, p.text, len([]rune(p.text[:at]))+1, fmt.Sprintf(format, args...))
}

var (
	subjectText  = regexp.MustCompile(`^(error\s+ratio|crashes|query|p\d+)`)
	compareText  = regexp.MustCompile(`^(<=|>=|<|>)`)
	numberText   = regexp.MustCompile(`^([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?`)
	unitText     = regexp.MustCompile(`^(%|x|[a-zµμ][a-zµμ0-9.]*)`)
	durationText = regexp.MustCompile(`^([0-9.]+(ns|us|µs|μs|ms|s|m|h))+`)
	orText       = regexp.MustCompile(`^or([^a-z0-9_]|$)`)
)

// take moves on over what matches, spaces before it included.
func (p *parser) take(what *regexp.Regexp) (text string, at int, ok bool) {
	rest := strings.TrimLeft(p.lower[p.at:], " \t\r\n")
	at = len(p.lower) - len(rest)
	if text = what.FindString(rest); text == "" {
		return "", at, false
	}
	p.at = at + len(text)
	return text, at, true
}

func (p *parser) rule() (Rule, error) {
	var r Rule
	text, at, ok := p.take(subjectText)
	if !ok {
		return r, p.fail(at, "want what it is about: %s, as in \"error ratio < 1%%\"", Known)
	}
	switch text[0] {
	case 'e':
		r.Subject = ErrorRatio
	case 'c':
		r.Subject = Crashes
	case 'q':
		r.Subject = Query
		var err error
		if r.Of, err = p.expr(); err != nil {
			return r, err
		}
	default:
		if _, ok := quantiles[text]; !ok {
			return r, p.fail(at, "%s is no quantile that it knows: %s", text, Known)
		}
		r.Subject, r.Of = Latency, text
	}
	if r.Compare, at, ok = p.take(compareText); !ok {
		return r, p.fail(at, "want < or <=, as in \"%s < %s\"", text, example(r.Subject))
	}
	if r.Compare[0] == '>' && r.Subject != Query {
		return r, p.fail(at, "%s must be less than something: < or <=; only a query has %s", text, r.Compare)
	}
	for {
		l, err := p.limit(r.Subject)
		if err != nil {
			return r, err
		}
		if l.Times && r.Subject == Query && !variable("version").MatchString(r.Of) {
			return r, p.fail(p.at, "the query has no $version, so it is the same for the version before: write version=\"$version\"")
		}
		r.Limits = append(r.Limits, l)
		if _, at, ok = p.take(orText); !ok {
			break
		}
		p.at = at + len("or")
	}
	if at < len(p.text) {
		return r, p.fail(at, "what comes after the rule? Several limits are joined by \"or\"; another rule is a text of its own")
	}
	return r, nil
}

func example(s Subject) string {
	return map[Subject]string{ErrorRatio: "1%", Latency: "50ms", Crashes: "3", Query: "5"}[s]
}

func (p *parser) limit(s Subject) (Limit, error) {
	want := map[Subject]string{
		ErrorRatio: "a share such as 1%, or times that of the version before, such as 1.2x",
		Latency:    "a time such as 50ms, or times that of the version before, such as 1.2x",
		Crashes:    "a whole number such as 3",
		Query:      "a number, a share such as 1%, a time such as 50ms, or times that of the version before, such as 1.2x",
	}[s]
	if text, at, ok := p.take(durationText); ok && (s == Latency || s == Query) {
		return p.duration(at, text, want)
	} else if ok {
		return Limit{}, p.fail(at, "%s is a time: want %s", text, want)
	}
	text, at, ok := p.take(numberText)
	if !ok {
		return Limit{}, p.fail(at, "want %s", want)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return Limit{}, p.fail(at, "%s is too large", text)
	}
	after := p.at
	unit, unitAt, _ := p.take(unitText)
	if unit == "or" {
		p.at, unit = after, ""
	}
	switch {
	case durationText.FindString(text+unit) == text+unit && (s == Latency || s == Query):
		return p.duration(at, text+unit, want)
	case unit == "x" && s != Crashes:
		if v == 0 {
			return Limit{}, p.fail(at, "0 times anything is 0")
		}
		return Limit{Value: v, Times: true}, nil
	case unit == "%" && (s == ErrorRatio || s == Query):
		v /= 100
	case unit != "":
		return Limit{}, p.fail(unitAt, "%s does not fit %s: want %s", unit, s, want)
	case s == Latency:
		return Limit{}, p.fail(at, "%s has no unit: want %s", text, want)
	}
	switch {
	case s == ErrorRatio && v >= 1:
		return Limit{}, p.fail(at, "all calls may fail then: want %s", want)
	case s == Crashes && v != math.Trunc(v):
		return Limit{}, p.fail(at, "%s: want %s", text, want)
	}
	return Limit{Value: v}, nil
}

func (p *parser) duration(at int, text, want string) (Limit, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > 24*time.Hour {
		return Limit{}, p.fail(at, "%s is no time above 0, and up to a day: want %s", text, want)
	}
	return Limit{Value: d.Seconds()}, nil
}
