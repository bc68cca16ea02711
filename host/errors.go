package host

import "github.com/hotso/hotso/host/life"

// There is one error for each reason that a caller can act on; test with errors.Is.
// Every error of this package that concerns a library is an *Error.
var (
	// ErrNotFound: there is no such file, or it can't be read.
	ErrNotFound = life.ErrNotFound
	// ErrRefused: the file was judged before any of its code ran, and must not
	// be loaded. Each of the reasons below it is ErrRefused too.
	ErrRefused = life.ErrRefused
	// ErrNotELF: the file is not an ELF shared object.
	ErrNotELF = life.ErrNotELF
	// ErrMachine: the file is for another processor, word size or byte order.
	ErrMachine = life.ErrMachine
	// ErrCorrupt: the file's structure contradicts itself.
	ErrCorrupt = life.ErrCorrupt
	// ErrNotLibrary: a shared object, but it does not link package cabi.
	ErrNotLibrary = life.ErrNotLibrary
	// ErrSanitizer: built with -race, -asan or -msan, which would end the process.
	ErrSanitizer = life.ErrSanitizer
	// ErrABI: built for another version of the hotso ABI.
	ErrABI = life.ErrABI
	// ErrUnsealed: there is no manifest after the image, or the file is cut off.
	ErrUnsealed = life.ErrUnsealed
	// ErrSeal: the file is not what was sealed: changed or damaged.
	ErrSeal = life.ErrSeal
	// ErrUnsigned: keys are trusted, and the library is not signed. See TrustKeys.
	ErrUnsigned = life.ErrUnsigned
	// ErrUntrusted: no trusted key verifies the library's signature.
	ErrUntrusted = life.ErrUntrusted
	// ErrNeeded: keys are trusted, and the library needs a shared object (DT_NEEDED) that is
	// neither the system's nor what it was when the library was built. See TrustKeys.
	ErrNeeded = life.ErrNeeded
	// ErrDowngrade: the library is older than the version that serves.
	ErrDowngrade = life.ErrDowngrade
	// ErrName: the library has another name than the slot, or than its file
	// (CheckFileName).
	ErrName = life.ErrName
	// ErrFunction: a function that the host has bound is missing.
	ErrFunction = life.ErrFunction
	// ErrSignature: a function exists, but with another signature.
	ErrSignature = life.ErrSignature
	// ErrContract: the library does not serve a contract that the host has bound, or one that
	// is not compatible: something was removed or changed. The error names it.
	ErrContract = life.ErrContract

	// ErrLoad: the dynamic linker refused the library, or the loader lacked a resource.
	ErrLoad = life.ErrLoad
	// ErrStart: the start hook failed, panicked, or did not end in time.
	ErrStart = life.ErrStart
	// ErrUnhealthy: the health hook reported an error.
	ErrUnhealthy = life.ErrUnhealthy
	// ErrConflict: it has a file open that another version has as well. See RefuseConflicts.
	ErrConflict = life.ErrConflict
	// ErrBusy: something else has to end first: the calls that were still inside when
	// the deadline came, another deployment, or the slot that the library belongs to.
	ErrBusy = life.ErrBusy
	// ErrLeft: the version ended and something of it is still in the process;
	// the report says what and why. The new version serves all the same.
	ErrLeft = life.ErrLeft
	// ErrClosed: the library or slot was closed.
	ErrClosed = life.ErrClosed
	// ErrEmpty: the slot has no version yet.
	ErrEmpty = life.ErrEmpty
	// ErrUnsupported: this platform or library can't do that.
	ErrUnsupported = life.ErrUnsupported

	// ErrCall: the library's function returned an error. See CallError.
	ErrCall = life.ErrCall
	// ErrPanic: the library's function panicked; the library lives on.
	ErrPanic = life.ErrPanic
	// ErrArgument: an argument can't be passed to the function.
	ErrArgument = life.ErrArgument

	// ErrHung: the call did not return by its deadline. The error is also that of
	// the context. The call itself may still be inside: nothing can take one
	// goroutine out of a living Go runtime. Its version is not unloaded before it
	// returns, unless KillHung or ForceUnload end the version, and it may still read
	// the bytes and slices that were passed: leave them alone.
	ErrHung = life.ErrHung
	// ErrTooManyCalls: as many calls are inside as MaxCalls allows, or as the process
	// has threads for, and none came out in time. The call was not begun. If its context
	// ended meanwhile, the error is also that of the context.
	ErrTooManyCalls = life.ErrTooManyCalls
	// ErrCrashed: the version's Go runtime ended while the call was inside, or had
	// ended before. The process goes on. See Crash.
	ErrCrashed = life.ErrCrashed
	// ErrCrashLoop: the version crashed too often, see CrashLimit.
	ErrCrashLoop = life.ErrCrashLoop
	// ErrTooMany: every slot for a library that can be unloaded is in use.
	ErrTooMany = life.ErrTooMany

	// ErrState: a version could not save its state or the other could not restore it.
	// The one that served goes on with it.
	ErrState = life.ErrState
	// ErrNoneBefore: there is no version to go back to.
	ErrNoneBefore = life.ErrNoneBefore
	// ErrCanary: a canary is running. Promote or Abort it first.
	ErrCanary = life.ErrCanary
	// ErrNoCanary: no canary is running, or it was promoted or aborted meanwhile; the
	// events say why.
	ErrNoCanary = life.ErrNoCanary
	// ErrExclusive: only one version may be live at a time (Exclusive, cabi.Exclusive), so there
	// can be no canary beside another. It is refused before anything is loaded.
	ErrExclusive = life.ErrExclusive
	// ErrPaused: one version takes over from another, and the call has waited for it as long as
	// TakeoverTimeout allows. It was not begun.
	ErrPaused = life.ErrPaused
	// ErrTwoStates: a version that hands its state over can't be a canary, and can't have
	// one beside it: each of the two would change a state of its own, and one of these
	// would be lost. Swap hands the state over, and Probation keeps the previous version.
	ErrTwoStates = life.ErrTwoStates
)

// What errors say; see package life.
type (
	// An Error says which library could not be used, at which step, and why.
	Error = life.Error
	// A CallError is a call that reached the library and came back with an error or
	// panic. It is ErrCall or ErrPanic.
	CallError = life.CallError
	// A Crash says how a version ended. It is ErrCrashed, which calls get that were
	// inside, or that are made before another version serves.
	Crash = life.Crash
	// A CrashKind is how a library's runtime ended.
	CrashKind = life.CrashKind
	// A Step is a stage in the life of a version where it can fail.
	Step = life.Step
)

// MaxCrashMessage is how many bytes of a runtime's last words are kept.
const MaxCrashMessage = life.MaxCrashMessage

// The kinds of crashes.
const (
	CrashPanic  = life.CrashPanic  // nobody recovered
	CrashFatal  = life.CrashFatal  // the runtime gave up: concurrent map writes, stack overflow, ...
	CrashExit   = life.CrashExit   // os.Exit, log.Fatal, exit(3) of C code
	CrashSignal = life.CrashSignal // a signal that the runtime wanted to die of, or its C code sent; abort(3)
	CrashKilled = life.CrashKilled // the host ended it: hung, or a forced unload
)

// The steps, in their order.
const (
	StepRead     = life.StepRead     // the file, once, into private memory
	StepVerify   = life.StepVerify   // ELF, ABI, seal, signature, name, order, functions; no code has run
	StepLoad     = life.StepLoad     // dlopen, dlsym
	StepStart    = life.StepStart    // runtime up, start hooks: the first call
	StepHealth   = life.StepHealth   // health hooks and the host's own check
	StepHandOver = life.StepHandOver // the state of one version to another
	StepSwap     = life.StepSwap     // publish
	StepDrain    = life.StepDrain    // waiting for the calls inside
	StepUnload   = life.StepUnload
	StepBind     = life.StepBind // a typed function
	StepCall     = life.StepCall
)
