package judge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotso/hotso/host/internal/plan"
)

// ErrBadSelector means that label matchers are none.
var ErrBadSelector = errors.New("bad selector")

var variables = []string{"library", "version", "base", "window", "selector"}

var anyVariable = regexp.MustCompile(`\$(\{|[A-Za-z_][A-Za-z0-9_]*)`)

func variable(name string) *regexp.Regexp { return regexp.MustCompile(`\$` + name + `\b`) }

// expr reads the PromQL in parentheses: up to the one that fits, but for those in strings and comments.
func (p *parser) expr() (string, error) {
	_, at, ok := p.take(regexp.MustCompile(`^\(`))
	if !ok {
		return "", p.fail(at, "want ( after query, as in \"query(sum(up{$selector})) >= 10\"")
	}
	begin, depth := p.at, 1
	for depth > 0 {
		if p.at == len(p.text) {
			return "", p.fail(at, "no ) belongs to this (")
		}
		switch c := p.text[p.at]; c {
		case '(':
			depth++
		case ')':
			depth--
		case '#':
			n := strings.IndexByte(p.text[p.at:], '\n')
			if n < 0 {
				return "", p.fail(p.at, "a comment goes up to the end of the line, and takes the ) with it")
			}
			p.at += n
		case '"', '\'', '`':
			n := stringEnd(p.text[p.at:])
			if n < 0 {
				return "", p.fail(p.at, "no %c ends what begins here", c)
			}
			p.at += n
		}
		p.at++
	}
	expr := p.text[begin : p.at-1]
	if strings.TrimSpace(expr) == "" {
		return "", p.fail(begin, "the query is empty")
	}
	for _, v := range anyVariable.FindAllStringIndex(expr, -1) {
		if name := expr[v[0]+1 : v[1]]; !slices.Contains(variables, name) {
			return "", p.fail(begin+v[0], "$%s is not known: there are $%s", name, strings.Join(variables, ", $"))
		}
	}
	return expr, nil
}

// stringEnd is where the string that begins s ends, at its last quote; -1 if it does not.
func stringEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i
		case s[i] == '\\' && s[0] != '`':
			i++
		case s[i] == '\n' && s[0] != '`':
			return -1
		}
	}
	return -1
}

var matcherText = regexp.MustCompile(`^\s*[A-Za-z_][A-Za-z0-9_]*\s*(=~|!~|!=|=)\s*`)

// CheckSelector says whether a text is label matchers, as plan.Judge.Selector has them. Errors are ErrBadSelector.
func CheckSelector(text string) error {
	bad := func(rest, why string) error {
		return fmt.Errorf("%w %q, at character %d: %s, as in job=\"shop\",zone=~\"eu.*\"", ErrBadSelector, text, len([]rune(text[:len(text)-len(rest)]))+1, why)
	}
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := matcherText.FindString(rest)
		if m == "" {
			return bad(rest, "want a label, one of = != =~ !~, and a text in quotes")
		}
		rest = rest[len(m):]
		if rest == "" || !strings.ContainsRune("\"'`", rune(rest[0])) {
			return bad(rest, "want a text in quotes")
		}
		end := stringEnd(rest)
		if end < 0 {
			return bad(rest, "the quotes have no end")
		}
		rest = strings.TrimLeft(rest[end+1:], " \t\r\n")
		if rest != "" && rest[0] != ',' {
			return bad(rest, "want a comma between label matchers")
		}
		rest = strings.TrimPrefix(rest, ",")
	}
	return nil
}

// queries are those about one plan.
type queries struct {
	plan plan.Plan
}

// series are those of a metric: of the library, of what else the matchers say, and of the channel's hosts.
func (q queries) series(metric string, matchers ...string) string {
	all := append([]string{"library=" + strconv.Quote(q.plan.Library)}, matchers...)
	if s := strings.Trim(q.plan.Selector, " \t\r\n,"); s != "" {
		all = append(all, s)
	}
	return metric + "{" + strings.Join(all, ",") + "}"
}

func is(version string) string { return "version=" + strconv.Quote(version) }

// promDuration writes one as PromQL reads it.
func promDuration(d time.Duration) string {
	return strconv.FormatInt(max(1, d.Milliseconds()), 10) + "ms"
}

// Hosts are told apart by the label instance.

// serves has the hosts on which the version gets calls.
func (q queries) serves() string {
	return "max by (instance) (" + q.running() + ")"
}

func (q queries) running() string {
	return q.series("hotso_version_info", is(q.plan.Version), `state=~"serving|canary"`)
}

// present has the hosts that Prometheus hears from.
func (q queries) present() string {
	return "max by (instance) (" + q.series("hotso_version_info") + ")"
}

// told has the hosts that know of the rollout.
func (q queries) told() string {
	return "max by (instance) (" + q.series("hotso_channel_position_ratio", is(q.plan.Version)) + ")"
}

// share has the hosts that are in the share of the step.
func (q queries) share() string {
	return q.told() + " < " + number(q.plan.Percent()/100)
}

// servesInShare has those of the share that have the version.
func (q queries) servesInShare() string { return q.serves() + " and on (instance) (" + q.share() + ")" }

// gone has the hosts that had the version in this step, and that Prometheus hears no more from.
func (q queries) gone(age time.Duration) string {
	return "max by (instance) (last_over_time(" + q.running() + "[" + promDuration(age) + "])) unless on (instance) (" + q.present() + ")"
}

// since has how many seconds ago at least n hosts of the share had the version for the first time in this step. It is empty if
// they never had.
func (q queries) since(n int, age time.Duration) string {
	step := max(age/60, time.Second)
	return fmt.Sprintf("time() - min_over_time((vector(time()) and on () (count(%s) >= %d))[%s:%s])", q.servesInShare(), n, promDuration(age), promDuration(step))
}

// failed has the hosts on which the version went wrong in this step. The counter misses nothing; the state is for hosts that
// do not have it. What was so before does not count: it was another try, or another file of that version.
func (q queries) failed(age time.Duration) string {
	before := " offset " + promDuration(age)
	counter := q.series("hotso_version_failures_total", is(q.plan.Version))
	state := q.series("hotso_version_info", is(q.plan.Version), `state=~"refused|failed|crashed"`)
	count := func(at string) string { return "sum by (instance) (" + counter + at + ")" }
	in := func(at string) string { return "max by (instance) (" + state + at + ")" }
	return fmt.Sprintf("((%s > 0) unless on (instance) (%s == %s)) or on (instance) (%s unless on (instance) %s)",
		count(""), count(""), count(before), in(""), in(before))
}

// before is how far back a counter is looked for that was not there when the window began, as its host was not heard of.
const before = time.Hour

// increase is by how much counters of a metric have grown within a window, all together. Unlike PromQL's own it is right about
// series that are new, and does not extrapolate. One that is less than before has begun anew.
func increase(series string, window time.Duration, by string) string {
	now := "last_over_time(" + series + "[" + promDuration(window) + "])"
	then := "last_over_time(" + series + "[" + promDuration(before) + "] offset " + promDuration(window) + ")"
	return fmt.Sprintf("sum%s((%s - (%s <= %s)) or %s)", by, now, then, now, now)
}

func (q queries) calls(version string, window time.Duration) string {
	return increase(q.series("hotso_calls_total", is(version)), window, "")
}

// failures leaves out calls that were not let in: they are no part of those that have ended.
func (q queries) failures(version string, window time.Duration) string {
	return increase(q.series("hotso_call_failures_total", is(version), `kind!="too_many_calls"`), window, "")
}

func (q queries) crashes(version string, window time.Duration) string {
	return increase(q.series("hotso_version_failures_total", is(version), `kind="crashed"`), window, "")
}

// latency asks for native histograms where the server has them, else for classic ones.
func (q queries) latency(quantile float64, version string, window time.Duration) string {
	rate := func(metric string) string {
		return "(rate(" + q.series(metric, is(version)) + "[" + promDuration(window) + "]))"
	}
	return fmt.Sprintf("histogram_quantile(%g, sum%s) or histogram_quantile(%g, sum by (le) %s)",
		quantile, rate("hotso_call_duration_seconds"), quantile, rate("hotso_call_duration_seconds_bucket"))
}

// expand puts in the variables of a query.
func (q queries) expand(expr, version string, window time.Duration) (string, error) {
	values := map[string]string{"library": q.plan.Library, "version": version, "base": q.plan.Base,
		"window": promDuration(window), "selector": strings.Trim(q.plan.Selector, " \t\r\n,")}
	for _, name := range []string{"library", "version", "base"} {
		if strings.ContainsAny(values[name], "\"'`\\\r\n") {
			return "", fmt.Errorf("$%s is %q, which can't stand in a query", name, values[name])
		}
	}
	return anyVariable.ReplaceAllStringFunc(expr, func(v string) string { return values[v[1:]] }), nil
}
