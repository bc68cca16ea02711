package life

import "time"

// A State is a stage in the life of a version.
type State string

// The states a version goes through, then the other ways out.
const (
	Found    State = "found"
	Verified State = "verified" // judged; none of its code has run
	Loaded   State = "loaded"   // mapped, and its Go runtime is up
	Started  State = "started"  // its start hooks have run
	Healthy  State = "healthy"  // its health hooks and the host's check agree
	Restored State = "restored" // it has the state of the previous version
	Canary   State = "canary"   // answers a share of the calls, beside the one that serves
	Serving  State = "serving"
	Warm     State = "warm"     // replaced, and kept loaded so that calls can go back to it
	Retiring State = "retiring" // replaced; its calls are being waited for
	Drained  State = "drained"  // no call is inside
	Unloaded State = "unloaded" // nothing of it is left in the process

	Refused     State = "refused"     // judged before any of its code ran
	Failed      State = "failed"      // did not get as far as serving, or was rolled back
	Crashed     State = "crashed"     // its Go runtime ended; it is being taken out
	Quarantined State = "quarantined" // a call or thread holds it: kept whole, and tried again
	Resident    State = "resident"    // replaced, but stays in the process; the event says why

	// Conflicting is no stage: with this an event says that the version has a file open which
	// another has as well, see Conflict.
	Conflicting State = "conflicting"
)

// An Event is one step in the life of a version.
type Event struct {
	Time    time.Time     `json:"time"`
	Name    string        `json:"name"`
	Version string        `json:"version"`
	File    string        `json:"file,omitempty"`
	State   State         `json:"state"`
	Detail  string        `json:"detail,omitempty"` // why, for people
	Took    time.Duration `json:"took,omitempty"`   // nanoseconds since the step before
	Err     error         `json:"-"`
	// Outcome, of the event that ends a deployment, is how.
	Outcome Outcome `json:"outcome,omitempty"`
	// Passed, with Serving: there is nothing left to wait for. The version is not, or
	// no longer, on probation.
	Passed bool `json:"passed,omitempty"`
	// Handover, with Serving, is that of the swap.
	Handover *Handover `json:"handover,omitempty"`
	// Report, when the version has ended, is what became of it. It is not to be changed.
	Report *Report `json:"report,omitempty"`
	// Conflicts, with Conflicting, are those that are new.
	Conflicts []Conflict `json:"conflicts,omitempty"`
}

// A Step is a stage in the life of a version where it can fail.
type Step string

// The steps, in their order.
const (
	StepRead     Step = "read"      // the file, once, into private memory
	StepVerify   Step = "verify"    // ELF, ABI, seal, signature, name, order, functions; no code has run
	StepLoad     Step = "load"      // dlopen, dlsym
	StepStart    Step = "start"     // runtime up, start hooks: the first call
	StepHealth   Step = "health"    // health hooks and the host's own check
	StepHandOver Step = "hand-over" // the state of one version to another
	StepSwap     Step = "swap"      // publish
	StepDrain    Step = "drain"     // waiting for the calls inside
	StepUnload   Step = "unload"
	StepBind     Step = "bind" // a typed function
	StepCall     Step = "call"
)
