package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Subject is what a rule is about.
type Subject string

// The subjects.
const (
	ErrorRatio Subject = "error ratio" // failed calls of all
	Latency    Subject = "latency"     // a quantile, in seconds
	Crashes    Subject = "crashes"     // in the step
	Query      Subject = "query"       // PromQL
)

// A Rule is what must be true of the version that comes. It is not changed.
type Rule struct {
	Text    string // as it was written
	Subject Subject
	Of      string  // of a Latency: p99; of a Query: its PromQL
	Compare string  // < <= > >=
	Limits  []Limit // one of them must hold
}

// A Limit is a number: of the subject's unit, or of what the version before has.
type Limit struct {
	Value float64
	Times bool
}

// quantiles are those that a rule may ask for.
var quantiles = map[string]float64{"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}

// Name is that of the rule's value, with its unit, for plan.Number.
func (r Rule) Name() string {
	if r.Subject == Latency {
		return r.Of + " s"
	}
	return string(r.Subject)
}

// relative reports whether the rule asks for the version before.
func (r Rule) relative() bool {
	for _, l := range r.Limits {
		if l.Times {
			return true
		}
	}
	return false
}

// needsCalls reports whether the rule says nothing without calls. A crash is one without, too.
func (r Rule) needsCalls() bool { return r.Subject != Crashes }

// holds judges a value. It is not known if only that of the version before could tell, which is NaN if there is none.
func (r Rule) holds(value, base float64) (holds, known bool) {
	known = true
	for _, l := range r.Limits {
		limit := l.Value
		if l.Times {
			if math.IsNaN(base) {
				known = false
				continue
			}
			if value == 0 && base == 0 { // nothing is not more than nothing, whatever the factor
				return true, true
			}
			limit *= base
		}
		if compare(value, r.Compare, limit) {
			return true, true
		}
	}
	return false, known
}

func compare(a float64, how string, b float64) bool {
	switch how {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

// String is the rule in the one way of writing it.
func (r Rule) String() string {
	subject := string(r.Subject)
	switch r.Subject {
	case Latency:
		subject = r.Of
	case Query:
		subject = "query(" + r.Of + ")"
	}
	limits := make([]string, len(r.Limits))
	for i, l := range r.Limits {
		switch {
		case l.Times:
			limits[i] = number(l.Value) + "x"
		case r.Subject == Latency:
			limits[i] = number(l.Value) + "s"
		default:
			limits[i] = number(l.Value)
		}
	}
	return subject + " " + r.Compare + " " + strings.Join(limits, " or ")
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// show writes a value of the rule's subject for people.
func (r Rule) show(v float64) string {
	switch r.Subject {
	case ErrorRatio:
		return strconv.FormatFloat(v*100, 'g', 3, 64) + "%"
	case Latency:
		if d := v * float64(time.Second); math.Abs(d) < math.MaxInt64 {
			return time.Duration(d).Round(roundTo(v)).String()
		}
		return fmt.Sprintf("%g s", v)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// roundTo leaves three digits or so.
func roundTo(seconds float64) time.Duration {
	switch {
	case seconds < 1e-3:
		return 100 * time.Nanosecond
	case seconds < 1:
		return 10 * time.Microsecond
	}
	return 10 * time.Millisecond
}
