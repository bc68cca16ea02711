package life

import "errors"

// An Outcome is how a deployment ended, or what a slot did by itself about the version that serves.
type Outcome string

// The outcomes.
const (
	OutcomeSwapped    Outcome = "swapped"     // a new version serves
	OutcomePromoted   Outcome = "promoted"    // a canary serves all calls
	OutcomeRolledBack Outcome = "rolled_back" // calls went back: somebody asked, or the new version broke the Rule
	OutcomeRecovered  Outcome = "recovered"   // the version that served has crashed, and another serves
	OutcomeAborted    Outcome = "aborted"     // a canary gets no calls any more
	OutcomeRefused    Outcome = "refused"     // judged before any of its code ran
	OutcomeFailed     Outcome = "failed"      // it did not come as far as serving
)

// Outcomes are all of them.
var Outcomes = []Outcome{OutcomeSwapped, OutcomePromoted, OutcomeRolledBack, OutcomeRecovered, OutcomeAborted, OutcomeRefused, OutcomeFailed}

// reasons have the names of those errors for which a version does not serve. They are those of their
// pages: "hotso help errors/NAME". An error may be several of them: the first one is what it is about.
var reasons = []struct {
	err  error
	name string
}{
	{ErrNotFound, "not-found"}, {ErrNotELF, "not-elf"}, {ErrMachine, "machine"}, {ErrCorrupt, "corrupt"},
	{ErrNotLibrary, "not-library"}, {ErrSanitizer, "sanitizer"}, {ErrABI, "abi"}, {ErrUnsealed, "unsealed"},
	{ErrSeal, "seal"}, {ErrUnsigned, "unsigned"}, {ErrUntrusted, "untrusted"}, {ErrNeeded, "needed"},
	{ErrDowngrade, "downgrade"}, {ErrName, "name"}, {ErrFunction, "function"}, {ErrSignature, "signature"},
	{ErrContract, "contract"}, {ErrUnsupported, "unsupported"}, {ErrTooMany, "too-many"}, {ErrLoad, "load"},
	{ErrStart, "start"}, {ErrUnhealthy, "unhealthy"}, {ErrConflict, "conflict"}, {ErrState, "state"},
	{ErrCrashLoop, "crash-loop"}, {ErrExclusive, "exclusive"}, {ErrTwoStates, "two-states"}, {ErrHung, "hung"},
	{ErrPanic, "panic"}, {ErrCall, "call"}, {ErrCrashed, "crashed"}, {ErrBusy, "busy"}, {ErrClosed, "closed"},
}

// ReasonName is a short name for why a version does not serve, which stays the same: "not-elf", say. Of what is
// none of this package's errors, as one of the host's own check, it is "other".
func ReasonName(err error) string {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.name
		}
	}
	return "other"
}
