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
	Restored State = "restored" // it has the state of the version before
	Canary   State = "canary"   // answers a share of the calls, beside the one that serves
	Serving  State = "serving"
	Warm     State = "warm"     // replaced, and kept loaded so that calls can go back to it
	Retiring State = "retiring" // replaced; its calls are being waited for
	Drained  State = "drained"  // no call is inside
	Unloaded State = "unloaded" // nothing of it is left in the process

	Refused     State = "refused"     // judged before any of its code ran
	Failed      State = "failed"      // did not get as far as to serve, or was rolled back
	Crashed     State = "crashed"     // its Go runtime ended; it is being taken out
	Quarantined State = "quarantined" // a call or thread holds it: kept whole, and tried again
	Resident    State = "resident"    // replaced; stays in the process, and why
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
	// Passed, with Serving: nothing is left to wait for. The version is not on
	// probation, or no longer.
	Passed bool `json:"passed,omitempty"`
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
