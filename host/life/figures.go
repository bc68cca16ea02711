package life

// Figures say how the calls of a version went, since it was loaded.
type Figures struct {
	Calls    int64 `json:"calls"`     // that have ended
	InFlight int64 `json:"in_flight"` // that are inside

	// Failures are those that the caller got an error of, by kind. All but Busy are of calls that
	// were inside.
	Failures map[FailureKind]int64 `json:"failures,omitempty"`

	// Latency is how long calls were inside. It is empty without MeasureCalls. Of fast calls one in
	// sixteen is timed and counts for all of them.
	Latency Histogram `json:"latency"`
}

// A FailureKind is why a call failed.
type FailureKind string

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
	// Refused is how often a version was refused or failed, by the reason: a sentinel's text.
	Refused map[string]int64 `json:"refused,omitempty"`
	// Crashes is how often one has crashed.
	Crashes map[CrashKind]int64 `json:"crashes,omitempty"`
	// Freed is what unloads found and freed, by kind of resource.
	Freed map[string]Resource `json:"freed,omitempty"`
	// Unload is how long they took, without the wait for calls.
	Unload Histogram `json:"unload"`

	// Versions are those of Slot.Versions.
	Versions []VersionFigures `json:"versions"`
}

// VersionFigures are what is known of a version, and how its calls went.
type VersionFigures struct {
	VersionInfo
	Figures Figures `json:"figures"`
}
