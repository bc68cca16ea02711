package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hotso/hotso/host/internal/plan"
)

// A Verdict is what Judge says.
type Verdict struct {
	What    string // plan.Advance, plan.Wait or plan.Abort; empty: there is nothing to decide
	Kind    string // of reason, the same while the reason is; what Why begins with
	Why     string // a sentence: KIND: MORE
	Numbers []plan.Number
}

// Kinds of reasons for which a rollout waits. Those in Trouble need somebody.
const (
	KindBakes    = "it bakes"
	KindAway     = "Prometheus can't be asked"
	KindNoHosts  = "Prometheus hears from no host"
	KindBehind   = "hosts stay behind"
	KindFewCalls = "too few calls"
	KindNoData   = "no data for a rule"
	KindBadRule  = "rules that can't be judged"
	KindClock    = "the registry's clock is wrong"
)

// Trouble reports whether a reason to wait does not pass by itself with time.
func Trouble(kind string) bool { return kind != KindBakes && kind != "" }

// KindOf is the kind of a reason that was saved.
func KindOf(why string) string {
	kind, _, _ := strings.Cut(why, ": ")
	return kind
}

const (
	defaultFailedHosts = 1
	defaultMinCalls    = 100
)

func minCalls(p plan.Plan) int {
	if p.MinCalls == 0 {
		return defaultMinCalls
	}
	return p.MinCalls
}

// Judge decides about a step, as of now by the registry's clock. It asks nobody.
//
// What goes against a version counts at once: hosts on which it failed, and rules that are violated by enough calls. All else
// lets a step wait: until it has baked, its hosts have the version, there are enough calls, and each rule has its number.
func Judge(p plan.Plan, f Facts, now time.Time) Verdict {
	if p.State != plan.Running {
		return Verdict{Kind: string(p.State)}
	}
	age := now.Sub(p.Since)
	if age > -clockSlack {
		age = max(age, 0)
	}
	j := &judging{p: p, f: f, age: age, bake: time.Duration(p.Bake)}
	if p.Prometheus == "" {
		return j.byTime()
	}
	j.numbers()
	if v, is := j.against(); is {
		return v
	}
	return j.waits()
}

// clockSlack is by how much the machines of one registry may differ: which of them answers, nobody knows.
const clockSlack = time.Minute

// judging is one decision.
type judging struct {
	p         plan.Plan
	f         Facts
	age, bake time.Duration
	measured  []plan.Number
}

func (j *judging) say(what, kind, format string, args ...any) Verdict {
	return Verdict{What: what, Kind: kind, Why: kind + ": " + fmt.Sprintf(format, args...), Numbers: j.measured}
}

func (j *judging) wait(kind, format string, args ...any) Verdict {
	return j.say(plan.Wait, kind, format, args...)
}

func (j *judging) byTime() Verdict {
	switch {
	case len(j.p.Rules) > 0:
		return j.wait(KindBadRule, "the plan has rules and no Prometheus to ask")
	case j.age < 0:
		return j.tooEarly()
	case j.age < j.bake:
		return j.wait(KindBakes, "%s of %s, by time only, as the plan names no Prometheus", span(j.age), j.bake)
	}
	return j.say(plan.Advance, "by time only", "%s are over, and the plan names no Prometheus", j.bake)
}

func (j *judging) tooEarly() Verdict {
	return j.wait(KindClock, "it is %s before the begin of the step", span(-j.age))
}

func (j *judging) number(name string, v float64) {
	j.measured = append(j.measured, plan.Number{Name: name, Value: finite(v)})
}

// numbers lists what was measured, in the order in which one wants to read it.
func (j *judging) numbers() {
	for _, r := range j.f.Results {
		if r.Err == nil {
			n := plan.Number{Name: r.Rule.Name(), Value: finite(r.Value), Limit: r.Rule.Text}
			if !math.IsNaN(r.Base) {
				n.Base = finite(r.Base)
			}
			j.measured = append(j.measured, n)
		}
	}
	j.number("calls", j.f.Calls)
	j.number("hosts", float64(j.f.Known))
	if j.f.Told > 0 {
		j.number("hosts told", float64(j.f.Told))
		j.number("hosts of the share", float64(j.f.Share))
	}
	j.number("hosts with the version", float64(j.f.Serves))
	if n := len(j.f.Failed); n > 0 {
		j.number("hosts failed", float64(n))
	}
	if j.f.Gone > 0 {
		j.number("hosts gone", float64(j.f.Gone))
	}
}

// finite is v as JSON can have it.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -math.MaxFloat64), math.MaxFloat64)
}

// against says what ends the rollout, if anything does.
func (j *judging) against() (Verdict, bool) {
	limit := j.p.FailedHosts
	if limit == 0 {
		limit = defaultFailedHosts
	}
	if n := len(j.f.Failed); n >= limit {
		return j.say(plan.Abort, "v"+j.p.Version+" failed", "on %s (%s); %s", hosts(n), some(j.f.Failed), ends(limit)), true
	}
	for _, r := range j.f.Results {
		if r.Err != nil || r.Rule.needsCalls() && j.f.Calls < float64(minCalls(j.p)) {
			continue
		}
		if holds, known := r.Rule.holds(r.Value, r.Base); !holds && known {
			return j.say(plan.Abort, "a rule is violated", "%s", j.measurement(r)), true
		}
	}
	return Verdict{}, false
}

func ends(limit int) string {
	if limit == 1 {
		return "one ends the rollout"
	}
	return fmt.Sprintf("%d end the rollout", limit)
}

// measurement is what became of a rule, in words.
func (j *judging) measurement(r Result) string {
	text := fmt.Sprintf("%s: it is %s", r.Rule.Text, r.Rule.show(r.Value))
	if !math.IsNaN(r.Base) {
		text += fmt.Sprintf(", v%s had %s", j.p.Base, r.Rule.show(r.Base))
	}
	if r.Rule.needsCalls() {
		text += fmt.Sprintf(" (%.0f calls in %s)", j.f.Calls, span(j.f.Window))
	}
	return text
}

// waits says what a step waits for, or that it goes on.
func (j *judging) waits() Verdict {
	if v, is := j.unknown(); is {
		return v
	}
	if j.age < 0 {
		return j.tooEarly()
	}
	late, v, is := j.bakes()
	if is {
		return v
	}
	nobody := j.f.Told > 0 && j.share() == 0
	for _, r := range j.f.Results {
		switch holds, known := r.Rule.holds(r.Value, r.Base); {
		case nobody: // there is nothing to measure
		case r.Rule.needsCalls() && j.f.Calls < float64(minCalls(j.p)):
			return j.wait(KindFewCalls, "%.0f of %d to v%s in %s", j.f.Calls, minCalls(j.p), j.p.Version, span(j.f.Window))
		case r.Err != nil:
			return j.wait(KindNoData, "%s: %v", r.Rule.Text, r.Err)
		case !known:
			return j.wait(KindNoData, "%s: %v", r.Rule.Text, errNoBase)
		case !holds:
			return j.wait(KindBadRule, "%s", j.measurement(r)) // against has let it through: never
		}
	}
	if nobody {
		return j.say(plan.Advance, "nobody to judge", "%s are over, and none of %s is in the %s", j.bake, hosts(j.f.Told), percent(j.p.Percent()))
	}
	text := fmt.Sprintf("v%s was on %s for %s", j.p.Version, hosts(j.f.Serves), j.bake)
	for _, r := range j.f.Results {
		text += "; " + j.measurement(r)
	}
	return j.say(plan.Advance, "all is well", "%s%s", text, late)
}

// unknown is that something could not be asked, or is not there.
func (j *judging) unknown() (Verdict, bool) {
	switch {
	case j.f.Err != nil:
		return j.wait(KindAway, "%v", j.f.Err), true
	case len(j.f.Results) != len(j.p.Rules):
		return j.wait(KindBadRule, "%d of %d were asked for", len(j.f.Results), len(j.p.Rules)), true
	case j.f.Known == 0:
		return j.wait(KindNoHosts, "it has no hotso_version_info{library=%q,%s}: is the selector right, and are hosts scraped?", j.p.Library, j.p.Selector), true
	}
	return Verdict{}, false
}

// share is how many hosts should have the version: also those that went away with it.
func (j *judging) share() int { return j.f.Share + j.f.Gone }

// bakes says that the step is not over yet; else whom it leaves behind.
func (j *judging) bakes() (late string, v Verdict, is bool) {
	on := fmt.Sprintf("%d of %s with v%s", j.f.Serves, hosts(j.share()), j.p.Version)
	baked := j.age
	switch {
	case j.f.Told == 0 && j.age < j.bake:
		return "", j.wait(KindBakes, "%s of %s; %s with v%s", span(j.age), j.bake, hosts(j.f.Serves), j.p.Version), true
	case j.f.Told == 0 && j.f.Serves == 0: // perhaps none of them reaches the registry: then all would come at once, later
		return "", j.wait(KindBehind, "no host has v%s, and none says whether it should", j.p.Version), true
	case j.f.Told == 0:
		return "", v, false
	case j.share() > 0:
		baked = min(j.f.AllFor, j.age)
	}
	// Hosts that do not come are waited for as long again, and then left behind, by a majority.
	patience := j.bake + max(j.bake, minPatience)
	most := j.share() == 0 || 2*j.f.Serves > j.share()
	switch {
	case j.share() == 0 && j.age >= j.bake && j.age < patience && j.f.Told < j.f.Known:
		return "", j.wait(KindBakes, "it waits for hosts: %d of %d have heard of the rollout", j.f.Told, j.f.Known), true
	case most && baked >= j.bake, most && j.age >= patience && min(j.f.MostFor, j.age) >= j.bake:
		return j.behind(), v, false
	case j.age < j.bake, j.f.AllFor >= 0 && baked < j.bake:
		return "", j.wait(KindBakes, "%s of %s; %s", span(max(baked, 0)), j.bake, on), true
	case j.age < patience:
		return "", j.wait(KindBakes, "it waits for hosts: %s", on), true
	}
	return "", j.wait(KindBehind, "%s; those that are missing are down, can't get it, or failed", on), true
}

// minPatience is how long hosts are waited for at least: they ask the registry every 15 s or so, and are scraped as often.
const minPatience = time.Minute

// behind names hosts that do not have the version.
func (j *judging) behind() string {
	if n := j.share() - j.f.Serves; n > 0 {
		return fmt.Sprintf("; left behind: %s of the share without v%s", hosts(n), j.p.Version)
	}
	return ""
}

func hosts(n int) string {
	if n == 1 {
		return "1 host"
	}
	return strconv.Itoa(n) + " hosts"
}

const maxNames = 5

// some names the first ones.
func some(names []string) string {
	if more := len(names) - maxNames; more > 0 {
		return strings.Join(names[:maxNames], ", ") + fmt.Sprintf(", and %d more", more)
	}
	return strings.Join(names, ", ")
}

func percent(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) + " %" }

func span(d time.Duration) string { return d.Round(time.Second).String() }
