package life

import (
	"errors"
	"fmt"
	"strings"
)

// There is one error for each reason that a caller can act on; test with errors.Is.
// Every error of this package that concerns a library is an *Error.
var (
	// ErrNotFound: there is no such file, or it can't be read.
	ErrNotFound = errors.New("library not found")
	// ErrRefused: the file was judged before any of its code ran, and must not
	// be loaded. Each of the reasons below it is ErrRefused too.
	ErrRefused = errors.New("library refused")
	// ErrNotELF: the file is not an ELF shared object.
	ErrNotELF = refused("not an ELF shared object")
	// ErrMachine: the file is for another processor, word size or byte order.
	ErrMachine = refused("wrong machine")
	// ErrCorrupt: the file's structure contradicts itself.
	ErrCorrupt = refused("damaged file")
	// ErrNotLibrary: a shared object, but it does not link package cabi.
	ErrNotLibrary = refused("not a hotso library")
	// ErrSanitizer: built with -race, -asan or -msan, which would end the process.
	ErrSanitizer = refused("built with a sanitizer")
	// ErrABI: built for another version of the hotso ABI.
	ErrABI = refused("other ABI version")
	// ErrUnsealed: there is no manifest after the image, or the file is cut off.
	ErrUnsealed = refused("not sealed")
	// ErrSeal: the file is not what was sealed: changed or damaged.
	ErrSeal = refused("seal does not match")
	// ErrUnsigned: keys are trusted, and the library is not signed. See TrustKeys.
	ErrUnsigned = refused("not signed")
	// ErrUntrusted: no trusted key verifies the library's signature.
	ErrUntrusted = refused("signature not trusted")
	// ErrNeeded: keys are trusted, and it needs a shared object that is neither the
	// system's nor what the manifest says it was.
	ErrNeeded = refused("needs what was not verified")
	// ErrDowngrade: the library is older than the version that serves.
	ErrDowngrade = refused("older version")
	// ErrName: the library has another name than the slot, or than its file.
	ErrName = refused("other library name")
	// ErrFunction: a function that the host has bound is missing.
	ErrFunction = refused("missing function")
	// ErrSignature: a function exists, but with another signature.
	ErrSignature = refused("other function signature")
	// ErrContract: it serves a contract that the host has bound, but not in a compatible form.
	ErrContract = refused("incompatible contract")

	// ErrLoad: the dynamic linker refused the library, or the loader lacked a resource.
	ErrLoad = errors.New("load failed")
	// ErrStart: the start hook failed, panicked, or did not end in time.
	ErrStart = errors.New("start failed")
	// ErrUnhealthy: the health hook reported an error.
	ErrUnhealthy = errors.New("unhealthy")
	// ErrConflict: it has a file open that another version has as well (RefuseConflicts).
	ErrConflict = errors.New("another version has the same file open")
	// ErrBusy: something else has to end first: the calls that were still inside when
	// the deadline came, another deployment, or the slot that the library belongs to.
	ErrBusy = errors.New("busy")
	// ErrLeft: the version ended and something of it is still in the process;
	// the report says what and why. The new version serves all the same.
	ErrLeft = errors.New("something is left")
	// ErrClosed: the library or slot was closed.
	ErrClosed = errors.New("closed")
	// ErrEmpty: the slot has no version yet.
	ErrEmpty = errors.New("no version loaded")
	// ErrUnsupported: this platform or library can't do that.
	ErrUnsupported = errors.ErrUnsupported

	// ErrCall: the library's function returned an error. See CallError.
	ErrCall = errors.New("function failed")
	// ErrPanic: the library's function panicked; the library lives on.
	ErrPanic = errors.New("function panicked")
	// ErrArgument: an argument can't be passed to the function.
	ErrArgument = errors.New("bad argument")
	// ErrHung: the call did not return by its deadline, and may still be inside.
	ErrHung = errors.New("call hung")
	// ErrTooManyCalls: as many calls are inside as may be, and none came out in time.
	ErrTooManyCalls = errors.New("too many calls")
	// ErrCrashed: the version's Go runtime ended while the call was inside, or had
	// ended before. See Crash.
	ErrCrashed = errors.New("library crashed")
	// ErrCrashLoop: the version crashed too often.
	ErrCrashLoop = errors.New("crash loop")
	// ErrTooMany: every slot for a library that can be unloaded is in use.
	ErrTooMany = errors.New("too many libraries are loaded")
	// ErrState: a version could not save its state, or the other could not restore it.
	ErrState = errors.New("state not handed over")
	// ErrExclusive: only one version may be live at a time.
	ErrExclusive = errors.New("only one version may be live")
	// ErrPaused: the call has waited for too long while one version took over from another.
	ErrPaused = errors.New("calls wait for a takeover")
	// ErrTwoStates: two versions side by side would each have a state of their own.
	ErrTwoStates = errors.New("two versions would each have a state")
	// ErrNoneBefore: there is no version to go back to.
	ErrNoneBefore = errors.New("no version before this one")
	// ErrCanary: a canary is running.
	ErrCanary = errors.New("a canary runs")
	// ErrNoCanary: no canary is running, or it was promoted or aborted meanwhile.
	ErrNoCanary = errors.New("no canary runs")
)

// refusal is a reason that is ErrRefused as well.
type refusal string

func refused(reason string) error      { return refusal(reason) }
func (r refusal) Error() string        { return string(r) }
func (r refusal) Is(target error) bool { return target == ErrRefused }

// An Error says which library could not be used, at which step, and why.
type Error struct {
	File    string // path as the caller gave it, if there is a file
	Name    string // library name, if known
	Version string // version, if known
	Step    Step   // where it ended
	Reason  error  // one of this package's sentinels
	Cause   error  // what exactly, may be nil
	Advice  string // what to do, may be empty
}

func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.File != "":
		b.WriteString(e.File)
	case e.Name != "":
		b.WriteString(e.Name)
		if e.Version != "" {
			b.WriteString(" v" + e.Version)
		}
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s: %v", e.Step, e.Reason)
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if e.Advice != "" {
		b.WriteString(" (" + e.Advice + ")")
	}
	return b.String()
}

// Unwrap makes errors.Is find the reason and errors.As the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}

// A CallError is a call that reached the library and came back with an error
// or panic. It is ErrCall or ErrPanic.
type CallError struct {
	Library  string
	Version  string
	Function string
	Message  string // the library's own words; for a panic with its stack, and behind it the caller's in the host
	Panicked bool

	// Detail is what a library of a contract says of its error for generated clients, see
	// docs/wire.md; else empty.
	Detail string

	// Ended is the error of the call's context, if that had ended when the library
	// returned this error; else nil.
	Ended error
}

// ErrorDetail returns Detail, for package contract.
func (e *CallError) ErrorDetail() []byte { return []byte(e.Detail) }

// Unwrap returns Ended.
func (e *CallError) Unwrap() error { return e.Ended }

func (e *CallError) Error() string {
	message, _, _ := strings.Cut(e.Message, "\n")
	return fmt.Sprintf("%s v%s: %s: %s", e.Library, e.Version, e.Function, message)
}

// Is matches ErrCall or ErrPanic.
func (e *CallError) Is(target error) bool {
	return target == ErrPanic && e.Panicked || target == ErrCall && !e.Panicked
}
