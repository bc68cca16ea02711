package foreign

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/hotso/hotso/host"
)

// A Status is a hotsoh_status of hotso.h.
type Status int32

// The statuses of libhotso itself. Those of package host are in the table below.
const (
	OK         Status = 0
	Argument   Status = 32
	BadHandle  Status = 100
	Timeout    Status = 101
	End        Status = 102
	Forked     Status = 103
	SecondCopy Status = 104
	NoMemory   Status = 105
	Internal   Status = 106
)

// The errors of libhotso itself.
var (
	ErrBadHandle = errors.New("no such handle: it was released, is of another kind, or was never given out")
	ErrTimeout   = errors.New("the time is over")
	ErrNoMemory  = errors.New("no memory")
	ErrInternal  = errors.New("libhotso panicked: please report this")
)

// A statusOf is a status with its error and name. hotso.h has the same list.
type statusOf struct {
	Status
	name string
	err  error // nil: there is none
}

// Of two errors that are both in one, the first counts: each refusal is ErrRefused, too.
var statuses = []statusOf{
	{OK, "ok", nil},
	{3, "not_elf", host.ErrNotELF},
	{4, "machine", host.ErrMachine},
	{5, "corrupt", host.ErrCorrupt},
	{6, "not_library", host.ErrNotLibrary},
	{7, "sanitizer", host.ErrSanitizer},
	{8, "abi", host.ErrABI},
	{9, "unsealed", host.ErrUnsealed},
	{10, "seal", host.ErrSeal},
	{11, "unsigned", host.ErrUnsigned},
	{12, "untrusted", host.ErrUntrusted},
	{13, "needed", host.ErrNeeded},
	{14, "downgrade", host.ErrDowngrade},
	{15, "name", host.ErrName},
	{16, "function", host.ErrFunction},
	{17, "signature", host.ErrSignature},
	{18, "contract", host.ErrContract},
	{2, "refused", host.ErrRefused},
	{1, "not_found", host.ErrNotFound},
	{37, "too_many", host.ErrTooMany},
	{20, "load", host.ErrLoad},
	{21, "start", host.ErrStart},
	{22, "unhealthy", host.ErrUnhealthy},
	{23, "conflict", host.ErrConflict},
	{24, "busy", host.ErrBusy},
	{25, "left", host.ErrLeft},
	{26, "closed", host.ErrClosed},
	{27, "empty", host.ErrEmpty},
	{28, "unsupported", host.ErrUnsupported},
	{33, "hung", host.ErrHung},
	{30, "call", host.ErrCall},
	{31, "panic", host.ErrPanic},
	{Argument, "argument", host.ErrArgument},
	{34, "too_many_calls", host.ErrTooManyCalls},
	{36, "crash_loop", host.ErrCrashLoop},
	{35, "crashed", host.ErrCrashed},
	{40, "state", host.ErrState},
	{41, "exclusive", host.ErrExclusive},
	{42, "paused", host.ErrPaused},
	{43, "two_states", host.ErrTwoStates},
	{44, "none_before", host.ErrNoneBefore},
	{45, "canary", host.ErrCanary},
	{46, "no_canary", host.ErrNoCanary},
	{BadHandle, "bad_handle", ErrBadHandle},
	{Timeout, "timeout", ErrTimeout},
	{Timeout, "timeout", context.DeadlineExceeded},
	{End, "end", io.EOF},
	{Forked, "forked", nil},
	{SecondCopy, "second_copy", nil},
	{NoMemory, "no_memory", ErrNoMemory},
	{Internal, "internal", ErrInternal},
}

// String is the status's name, as hotsoh_status_name has it.
func (s Status) String() string {
	for _, of := range statuses {
		if of.Status == s {
			return of.name
		}
	}
	return "unknown"
}

// statusOfError is that of a host's sentinel, or of an error that wraps one.
func statusOfError(err error) Status {
	if err == nil {
		return OK
	}
	var e *host.Error
	if errors.As(err, &e) && e.Reason != nil && !errors.Is(err, host.ErrTooMany) {
		// What it is, and not what has caused it: a start hook may fail because of a crash. But that a load
		// has failed because of all the others can be mended.
		return statusOfError(e.Reason)
	}
	for _, of := range statuses {
		if of.err != nil && errors.Is(err, of.err) {
			return of.Status
		}
	}
	return Internal
}

// A Fault is an error as it goes to C.
type Fault struct {
	Status Status
	Code   int // of a crash: exit status or signal number
	Text   string
	JSON   []byte
}

// details are what a Fault's JSON says. Members of JSON are documented at hotsoh_error.
type details struct {
	Status   Status      `json:"status"`
	Name     string      `json:"name"`
	Text     string      `json:"text"`
	File     string      `json:"file,omitempty"`
	Library  string      `json:"library,omitempty"`
	Version  string      `json:"version,omitempty"`
	Step     host.Step   `json:"step,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Cause    string      `json:"cause,omitempty"`
	Advice   string      `json:"advice,omitempty"`
	Function string      `json:"function,omitempty"`
	Message  string      `json:"message,omitempty"`
	Panicked bool        `json:"panicked,omitempty"`
	Crash    *host.Crash `json:"crash,omitempty"`
}

func detailsOf(err error) *details {
	d := &details{Status: statusOfError(err), Text: strings.ReplaceAll(err.Error(), "\n", " ")}
	d.Name = d.Status.String()
	var crash *host.Crash
	var call *host.CallError
	var e *host.Error
	if errors.As(err, &crash) {
		d.Library, d.Version, d.Crash = crash.Library, crash.Version, crash
	}
	if errors.As(err, &call) {
		d.Library, d.Version, d.Function = call.Library, call.Version, call.Function
		d.Message, d.Panicked = call.Message, call.Panicked
	}
	if errors.As(err, &e) {
		d.File, d.Library, d.Version, d.Step, d.Advice = e.File, e.Name, e.Version, e.Step, e.Advice
		if e.Reason != nil {
			d.Reason = e.Reason.Error()
		}
		if e.Cause != nil {
			d.Cause = e.Cause.Error()
		}
	}
	return d
}

// FaultOf is how C sees err, which is not nil.
func FaultOf(err error) *Fault {
	d := detailsOf(err)
	f := &Fault{Status: d.Status, Text: d.Text, JSON: encode(d)}
	if d.Crash != nil {
		f.Code = d.Crash.Code
	}
	return f
}

// encode is for values of our own, all of which have a JSON form.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
