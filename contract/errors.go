package contract

import "errors"

// There is one error for each reason that a caller can act on; test with errors.Is.
var (
	// ErrNotOffered: the version that serves is older than this method. The method has a
	// //hotso:since.
	ErrNotOffered = errors.New("not offered by this version")
	// ErrGone: the object is not there any more: it was closed, its version crashed, or did not
	// wait for it any longer.
	ErrGone = errors.New("object is gone")
	// ErrNotMoved: the version that serves could not rebuild the object, as the error says, so its
	// method was not called. The next call tries again, and another version may do better.
	ErrNotMoved = errors.New("object has not moved")
	// ErrStandsStill is for a [Pin]. Callers of a contract's methods don't get it.
	ErrStandsStill = errors.New("the version stands still")
	// ErrFrame: what came from the other side is damaged, or of another contract.
	ErrFrame = errors.New("damaged frame")
	// ErrCycle: a value contains itself, or is nested deeper than MaxDepth.
	ErrCycle = errors.New("cyclic value")
	// ErrValue: a value can't be written: a type that is not registered, or its own
	// Marshal function failed.
	ErrValue = errors.New("value can't cross")
	// ErrTooLarge: the arguments or results take more than MaxFrame bytes.
	ErrTooLarge = errors.New("too large")
	// ErrNoImplementation: the library exports no implementation of the contract.
	ErrNoImplementation = errors.New("no implementation")
)
