package help

import (
	"errors"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/watch"
)

// A Reason is an error that has a page.
type Reason struct {
	Name string // in Go: host.ErrSeal
	Err  error
	Page string // below errors/
}

// Reasons are all that have a page. An error may be several of them: the first one is what it is about. So
// what happened comes before what it happened by, a failed start before the crash that it was.
var Reasons = []Reason{
	{"host.ErrNotFound", host.ErrNotFound, "not-found"},
	{"host.ErrNotELF", host.ErrNotELF, "not-elf"},
	{"host.ErrMachine", host.ErrMachine, "machine"},
	{"host.ErrCorrupt", host.ErrCorrupt, "corrupt"},
	{"host.ErrNotLibrary", host.ErrNotLibrary, "not-library"},
	{"host.ErrSanitizer", host.ErrSanitizer, "sanitizer"},
	{"host.ErrABI", host.ErrABI, "abi"},
	{"host.ErrUnsealed", host.ErrUnsealed, "unsealed"},
	{"host.ErrSeal", host.ErrSeal, "seal"},
	{"host.ErrUnsigned", host.ErrUnsigned, "unsigned"},
	{"host.ErrUntrusted", host.ErrUntrusted, "untrusted"},
	{"host.ErrNeeded", host.ErrNeeded, "needed"},
	{"host.ErrDowngrade", host.ErrDowngrade, "downgrade"},
	{"host.ErrName", host.ErrName, "name"},
	{"host.ErrFunction", host.ErrFunction, "function"},
	{"host.ErrSignature", host.ErrSignature, "signature"},
	{"host.ErrContract", host.ErrContract, "contract"},

	{"host.ErrUnsupported", host.ErrUnsupported, "unsupported"},
	{"host.ErrTooMany", host.ErrTooMany, "too-many"},
	{"contract.ErrNoImplementation", contract.ErrNoImplementation, "no-implementation"},
	{"host.ErrLoad", host.ErrLoad, "load"},
	{"host.ErrStart", host.ErrStart, "start"},
	{"host.ErrUnhealthy", host.ErrUnhealthy, "unhealthy"},
	{"host.ErrConflict", host.ErrConflict, "conflict"},
	{"host.ErrState", host.ErrState, "state"},
	{"host.ErrCrashLoop", host.ErrCrashLoop, "crash-loop"},
	{"host.ErrExclusive", host.ErrExclusive, "exclusive"},
	{"host.ErrTwoStates", host.ErrTwoStates, "two-states"},
	{"host.ErrNoneBefore", host.ErrNoneBefore, "none-before"},
	{"host.ErrCanary", host.ErrCanary, "canary"},
	{"host.ErrNoCanary", host.ErrNoCanary, "no-canary"},

	{"contract.ErrNotOffered", contract.ErrNotOffered, "not-offered"},
	{"contract.ErrGone", contract.ErrGone, "gone"},
	{"contract.ErrNotMoved", contract.ErrNotMoved, "not-moved"},
	{"contract.ErrFrame", contract.ErrFrame, "frame"},
	{"contract.ErrCycle", contract.ErrCycle, "cycle"},
	{"contract.ErrValue", contract.ErrValue, "value"},
	{"contract.ErrTooLarge", contract.ErrTooLarge, "too-large"},

	{"host.ErrHung", host.ErrHung, "hung"},
	{"host.ErrTooManyCalls", host.ErrTooManyCalls, "too-many-calls"},
	{"host.ErrPaused", host.ErrPaused, "paused"},
	{"host.ErrArgument", host.ErrArgument, "argument"},
	{"host.ErrPanic", host.ErrPanic, "panic"},
	{"host.ErrCall", host.ErrCall, "call"},
	{"host.ErrCrashed", host.ErrCrashed, "crashed"},
	{"host.ErrLeft", host.ErrLeft, "left"},
	{"host.ErrBusy", host.ErrBusy, "busy"},
	{"host.ErrEmpty", host.ErrEmpty, "empty"},
	{"host.ErrClosed", host.ErrClosed, "closed"},

	{"oci.ErrUnsigned", oci.ErrUnsigned, "cosign"},
	{"watch.ErrBadName", watch.ErrBadName, "bad-name"},
	{"watch.ErrIncomplete", watch.ErrIncomplete, "incomplete"},
	{"watch.ErrInvalid", watch.ErrInvalid, "invalid"},

	{"gen.ErrUnsupportedType", gen.ErrUnsupportedType, "unsupported-type"},
	{"gen.ErrDirective", gen.ErrDirective, "directive"},
	{"gen.ErrName", gen.ErrName, "bad-export"},
	{"gen.ErrNothing", gen.ErrNothing, "nothing"},
	{"gen.ErrLanguage", gen.ErrLanguage, "language"},
	{"gen.ErrGo", gen.ErrGo, "go-command"},

	{"libbuild.ErrNotLibrary", libbuild.ErrNotLibrary, "not-library"},
	{"libbuild.ErrUnsupportedType", libbuild.ErrUnsupportedType, "unsupported-type"},
	{"libbuild.ErrSignature", libbuild.ErrSignature, "wrong-signature"},
	{"libbuild.ErrNotGenerated", libbuild.ErrNotGenerated, "not-generated"},
	{"libbuild.ErrStale", libbuild.ErrStale, "stale"},
	{"libbuild.ErrName", libbuild.ErrName, "bad-name"},
	{"libbuild.ErrVersion", libbuild.ErrVersion, "bad-version"},
	{"libbuild.ErrNoCompiler", libbuild.ErrNoCompiler, "no-compiler"},
	{"libbuild.ErrPlatform", libbuild.ErrPlatform, "platform"},
	{"libbuild.ErrABI", libbuild.ErrABI, "abi"},
	{"libbuild.ErrHidden", libbuild.ErrHidden, "hidden"},
	{"libbuild.ErrGo", libbuild.ErrGo, "go-command"},
}

// A paged error knows its page itself, as a server's answer does.
type paged interface{ Page() string }

// Page is what hotso help has on an error, errors/NAME, or empty.
func Page(err error) string {
	var p paged
	if errors.As(err, &p) {
		return p.Page()
	}
	for _, r := range Reasons {
		if errors.Is(err, r.Err) {
			return errorsDir + r.Page
		}
	}
	return ""
}
