// Package metrics says which metrics the figures of slots are: names, units and labels, the same for Prometheus
// and OpenTelemetry.
package metrics

import (
	"fmt"
	"slices"

	"github.com/hotso/hotso/host/life"
)

// A Kind is how values of a metric change.
type Kind int

// The kinds.
const (
	Counter   Kind = iota // only grows
	Gauge                 // goes up and down
	Histogram             // of times
)

// A Family is one metric.
type Family struct {
	Name    string // as OpenTelemetry has it: hotso.call.duration
	Help    string
	Unit    string // of UCUM: s, By, 1, {call}
	Kind    Kind
	Labels  []string // their names
	Samples []Sample
}

// A Sample is one value.
type Sample struct {
	Labels    []string // values
	Value     float64
	Histogram life.Histogram // of one of that kind
}

// add puts a value in, whose labels come in the order of their names.
func (f *Family) add(value float64, labels ...string) {
	f.Samples = append(f.Samples, Sample{Labels: labels, Value: value})
}

// spread is add for a histogram, unless it is empty.
func (f *Family) spread(h life.Histogram, labels ...string) {
	if len(h.Counts) > 0 {
		f.Samples = append(f.Samples, Sample{Labels: labels, Histogram: h})
	}
}

// inProcess are the states of versions that are in the process, or on their way out of it.
var inProcess = []life.State{life.Loaded, life.Started, life.Healthy, life.Restored, life.Canary, life.Serving, life.Warm,
	life.Retiring, life.Drained, life.Crashed, life.Quarantined, life.Resident}

// Of has all metrics of the slots; those that have no value without samples. Two slots of one name are an
// error: nothing would tell their values apart.
func Of(slots []life.SlotFigures) ([]*Family, error) {
	m := newMetrics()
	seen := map[string]bool{}
	for _, s := range slots {
		if seen[s.Name] {
			return nil, fmt.Errorf("two slots are called %q: their metrics need another label to tell them apart", s.Name)
		}
		seen[s.Name] = true
		m.slot(s)
		for _, v := range s.ByVersion() {
			m.version(s.Name, v)
		}
	}
	return m.all, nil
}

// metrics are all there are.
type metrics struct {
	calls, failures, duration, faults, inFlight, share, proving, info *Family // of a version
	waiting, versions, deployments, refusals, crashes                 *Family // of a slot
	unload, freed, left, memory                                       *Family
	all                                                               []*Family
}

func newMetrics() *metrics {
	m := &metrics{}
	family := func(kind Kind, name, unit, help string, labels ...string) *Family {
		f := &Family{Name: "hotso." + name, Help: help, Unit: unit, Kind: kind, Labels: append([]string{"library"}, labels...)}
		m.all = append(m.all, f)
		return f
	}
	m.calls = family(Counter, "calls", "{call}", "Calls that have ended.", "version")
	m.failures = family(Counter, "call.failures", "{call}", "Calls that the caller got an error of, by kind.", "version", "kind")
	m.duration = family(Histogram, "call.duration", "s", "How long calls were inside the library, with host.MeasureCalls.", "version")
	m.faults = family(Counter, "version.failures", "{version}", "How often the version was refused, failed or crashed on this host, by kind.", "version", "kind")
	m.inFlight = family(Gauge, "calls.in_flight", "{call}", "Calls that are inside now.", "version")
	m.share = family(Gauge, "version.share", "1", "Share of the calls that go to the version.", "version")
	m.proving = family(Gauge, "version.proving", "", "1 while the version is on probation.", "version")
	m.info = family(Gauge, "version.info", "", "1 for each version that the slot remembers, with its file and state.", "version", "file", "state")
	m.waiting = family(Gauge, "calls.waiting", "{call}", "Calls that wait for a hand-over or takeover now.")
	m.versions = family(Gauge, "versions", "{version}", "Versions that are in the process, by state.", "state")
	m.deployments = family(Counter, "deployments", "{deployment}", "Swaps, canaries and rollbacks, by outcome.", "outcome")
	m.refusals = family(Counter, "refusals", "{version}", "Versions that were refused or failed, by the reason of which hotso help errors/REASON tells.", "reason")
	m.crashes = family(Counter, "crashes", "{crash}", "Versions that have crashed, by how their runtime ended.", "kind")
	m.unload = family(Histogram, "unload.duration", "s", "How long unloads took, without the wait for calls.")
	m.freed = family(Counter, "unload.resources_freed", "{resource}", "What unloads freed, by kind of resource.", "kind")
	m.left = family(Counter, "unload.resources_left", "{resource}", "What unloads left in the process, by kind of resource.", "kind")
	m.memory = family(Counter, "unload.memory", "By", "Memory that unloads found, by kind of resource.", "kind")
	return m
}

// slot adds the metrics of a slot. What may come is there from the begin, as 0, so that its first time is an
// increase; only reasons, which are many, come when there is one.
func (m *metrics) slot(s life.SlotFigures) {
	m.waiting.add(float64(s.Waiting), s.Name)
	in := map[life.State]int{}
	for _, v := range s.Versions {
		in[v.State]++
	}
	for _, state := range inProcess {
		m.versions.add(float64(in[state]), s.Name, string(state))
	}
	for _, o := range life.Outcomes {
		m.deployments.add(float64(s.Outcomes[o]), s.Name, string(o))
	}
	for reason, n := range s.Refused {
		m.refusals.add(float64(n), s.Name, reason)
	}
	for _, kind := range life.CrashKinds {
		m.crashes.add(float64(s.Crashes[kind]), s.Name, string(kind))
	}
	m.unload.spread(s.Unload, s.Name)
	for _, kind := range life.ResourceKinds {
		r := s.Freed[kind]
		m.freed.add(float64(r.Freed), s.Name, kind)
		m.left.add(float64(r.Left), s.Name, kind)
		if kind == life.Mappings || kind == life.Image || kind == life.CHeap {
			m.memory.add(float64(r.Bytes), s.Name, kind)
		}
	}
}

// version adds those of a version. Of one that never ran there is nothing but that, and what went wrong.
func (m *metrics) version(slot string, v life.VersionFigures) {
	m.info.add(1, slot, v.Version, v.File, string(v.State))
	is := slices.Contains(inProcess, v.State)
	if is {
		m.inFlight.add(float64(v.Figures.InFlight), slot, v.Version)
		m.share.add(v.Share/100, slot, v.Version)
		m.proving.add(number(v.Proving), slot, v.Version)
	}
	ran := is || v.Figures.Calls > 0 || len(v.Figures.Failures) > 0
	if ran || len(v.Figures.Faults) > 0 {
		for _, state := range life.FaultStates {
			m.faults.add(float64(v.Figures.Faults[state]), slot, v.Version, string(state))
		}
	}
	if !ran {
		return
	}
	m.calls.add(float64(v.Figures.Calls), slot, v.Version)
	for _, kind := range life.FailureKinds {
		m.failures.add(float64(v.Figures.Failures[kind]), slot, v.Version, string(kind))
	}
	m.duration.spread(v.Figures.Latency, slot, v.Version)
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
