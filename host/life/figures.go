package life

import "maps"

// Figures say how the calls of a version went, since it was loaded.
type Figures struct {
	Calls    int64 `json:"calls"`     // that have ended
	InFlight int64 `json:"in_flight"` // that are inside

	// Failures are those that the caller got an error of, by kind. All but Busy are of calls that
	// were inside.
	Failures map[FailureKind]int64 `json:"failures,omitempty"`

	// Faults are the lives of the version that went wrong on this host: Refused, Failed (also taken back, by the slot
	// or by hand) or Crashed. One that crashes on probation is both of the last.
	Faults map[State]int64 `json:"faults,omitempty"`

	// Latency is how long calls were inside. It is empty without MeasureCalls. Of fast calls one in
	// sixteen is timed and counts for all of them.
	Latency Histogram `json:"latency"`
}

// Plus has what either has.
func (f Figures) Plus(other Figures) Figures {
	return Figures{f.Calls + other.Calls, f.InFlight + other.InFlight, sum(f.Failures, other.Failures), sum(f.Faults, other.Faults),
		f.Latency.Plus(other.Latency)}
}

func sum[K comparable](a, b map[K]int64) map[K]int64 {
	all := maps.Clone(a)
	for kind, n := range b {
		if all == nil {
			all = map[K]int64{}
		}
		all[kind] += n
	}
	return all
}

// FaultStates are those of Figures.Faults.
var FaultStates = [...]State{Refused, Failed, Crashed}

// A FailureKind is why a call failed.
type FailureKind string

// FailureKinds are all of them.
var FailureKinds = [...]FailureKind{FailedError, FailedPanic, FailedHung, FailedCrashed, FailedBusy}

// The kinds of failures.
const (
	FailedError   FailureKind = "error"          // ErrCall: the function returned one
	FailedPanic   FailureKind = "panic"          // ErrPanic
	FailedHung    FailureKind = "hung"           // ErrHung: left behind at its deadline
	FailedCrashed FailureKind = "crashed"        // ErrCrashed: the version ended while it was inside
	FailedBusy    FailureKind = "too_many_calls" // ErrTooManyCalls: not let in
)

// SlotFigures say what has become of the versions of a slot, since it was made.
type SlotFigures struct {
	Name    string `json:"name"`
	Waiting int64  `json:"waiting"` // calls that wait for a hand-over or takeover now

	// Reached is how often a version has come into each state: Serving, Refused, Unloaded, ...
	Reached map[State]int64 `json:"reached,omitempty"`
	// Outcomes is how often a deployment ended so.
	Outcomes map[Outcome]int64 `json:"outcomes,omitempty"`
	// Refused is how often a version was refused or failed, by the ReasonName.
	Refused map[string]int64 `json:"refused,omitempty"`
	// Crashes is how often one has crashed.
	Crashes map[CrashKind]int64 `json:"crashes,omitempty"`
	// Freed is what unloads found and freed, by kind of resource.
	Freed map[string]Resource `json:"freed,omitempty"`
	// Unload is how long they took, without the wait for calls.
	Unload Histogram `json:"unload"`

	// Versions are those of Slot.Versions. One that was loaded several times is several of them.
	Versions []VersionFigures `json:"versions"`
	// Earlier are the figures of lives that are listed no more, by version, where another life of it is.
	Earlier map[string]Figures `json:"earlier,omitempty"`
}

// ByVersion has one entry for each version: what is known of its last life, and the figures of all. They
// only grow, until the version is listed no more.
func (f SlotFigures) ByVersion() (list []VersionFigures) {
	at := map[string]int{}
	for _, v := range f.Versions {
		i, seen := at[v.Version]
		if !seen {
			at[v.Version] = len(list)
			v.Figures = v.Figures.Plus(f.Earlier[v.Version])
			list = append(list, v)
			continue
		}
		v.Figures = list[i].Figures.Plus(v.Figures)
		list[i] = v
	}
	return list
}

// VersionFigures are what is known of a version, and how its calls went.
type VersionFigures struct {
	VersionInfo
	Figures Figures `json:"figures"`
}
