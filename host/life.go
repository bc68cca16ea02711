package host

import "github.com/hotso/hotso/host/life"

// The terms for the life of a version; see package life.
type (
	// A State is a stage in the life of a version.
	State = life.State
	// An Event is one step in the life of a version.
	Event = life.Event
	// A Conflict is a file that two versions have open, and only one may have.
	Conflict = life.Conflict
	// A VersionInfo is what a slot knows of a version it has seen.
	VersionInfo = life.VersionInfo
	// Figures say how the calls of a version went.
	Figures = life.Figures
	// SlotFigures say what has become of the versions of a slot.
	SlotFigures = life.SlotFigures
	// VersionFigures are what is known of a version, and how its calls went.
	VersionFigures = life.VersionFigures
	// An Outcome is how a deployment ended.
	Outcome = life.Outcome
	// A FailureKind is why a call failed.
	FailureKind = life.FailureKind
	// A CallInfo says which function of which version is called.
	CallInfo = life.CallInfo
	// A Histogram says how long things took.
	Histogram = life.Histogram
	// A Swap says what a replacement did.
	Swap = life.Swap
	// A Handover says what went from one version to the next.
	Handover = life.Handover
	// A Report says what became of a version that was replaced or closed.
	Report = life.Report
	// A Resource is one kind of the process's resources that a library held.
	Resource = life.Resource
	// A Blocker is a thread that could not be ended.
	Blocker = life.Blocker
	// A StepTime is how long one step of an unload took.
	StepTime = life.StepTime
	// A Description is what can be known of a library without running any of it.
	Description = life.Description
	// A Signature is what a library says about who signed it.
	Signature = life.Signature
)

// The states a version goes through, then the other ways out.
const (
	Found    = life.Found
	Verified = life.Verified // judged; none of its code has run
	Loaded   = life.Loaded   // mapped, and its Go runtime is up
	Started  = life.Started  // its start hooks have run
	Healthy  = life.Healthy  // its health hooks and the host's check agree
	Restored = life.Restored // it has the state of the previous version
	Canary   = life.Canary   // answers a share of the calls, beside the one that serves
	Serving  = life.Serving
	Warm     = life.Warm     // replaced, and kept loaded so that calls can go back to it
	Retiring = life.Retiring // replaced; its calls are being waited for
	Drained  = life.Drained  // no call is inside
	Unloaded = life.Unloaded // nothing of it is left in the process

	Refused     = life.Refused     // judged before any of its code ran
	Failed      = life.Failed      // did not get as far as serving, or was rolled back
	Crashed     = life.Crashed     // its Go runtime ended; it is being taken out
	Quarantined = life.Quarantined // a call or thread holds it: kept whole, and tried again
	Resident    = life.Resident    // replaced, but stays in the process; the event says why

	Conflicting = life.Conflicting // no stage: it has a file open which another version has, too
)

// How deployments end.
const (
	OutcomeSwapped    = life.OutcomeSwapped    // a new version serves
	OutcomePromoted   = life.OutcomePromoted   // a canary serves all calls
	OutcomeRolledBack = life.OutcomeRolledBack // calls went back: somebody asked, or the new version broke the Rule
	OutcomeRecovered  = life.OutcomeRecovered  // the version that served has crashed, and another serves
	OutcomeAborted    = life.OutcomeAborted    // a canary gets no calls any more
	OutcomeRefused    = life.OutcomeRefused    // judged before any of its code ran
	OutcomeFailed     = life.OutcomeFailed     // it did not come as far as serving
)

// Why calls failed.
const (
	FailedError   = life.FailedError   // the function returned one
	FailedPanic   = life.FailedPanic   // it panicked
	FailedHung    = life.FailedHung    // it was left behind at its deadline
	FailedCrashed = life.FailedCrashed // the version ended while it was inside
	FailedBusy    = life.FailedBusy    // it was not let in: too many calls
)

// The kinds of resources in a Report.
const (
	Threads     = life.Threads     // that the library started
	Mappings    = life.Mappings    // memory that its runtime and C code mapped
	Image       = life.Image       // the file itself, mapped
	Descriptors = life.Descriptors // of its runtime, what its poller watched, what its C code opened
	CHeap       = life.CHeap       // blocks that its C code has left, with ReclaimC
	Keys        = life.Keys        // pthread keys
	Timers      = life.Timers      // of its runtime's profiler and its C code
	Handlers    = life.Handlers    // of signals, in the host's dispatch table
	TLSSlots    = life.TLSSlots
)
