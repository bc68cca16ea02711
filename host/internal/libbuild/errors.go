package libbuild

import "errors"

// Why a library cannot be built, one for each reason that a caller can act on.
var (
	ErrNotLibrary      = errors.New("not a hotso library")     // not package main, or without cabi
	ErrUnsupportedType = errors.New("unsupported type")        // a signature that cabi.h has no convention for
	ErrSignature       = errors.New("wrong signature")         // a //hotso:signature that is not the function's
	ErrNotGenerated    = errors.New("not exported")            // a //hotso:export that hotso gen has not seen
	ErrStale           = errors.New("not up to date")          // hotso gen has seen another contract
	ErrName            = errors.New("bad library name")        // not fit for a file name
	ErrVersion         = errors.New("bad version")             // not a semantic version
	ErrNoCompiler      = errors.New("no C compiler")           // cgo needs one
	ErrPlatform        = errors.New("unsupported platform")    // the target has no ELF
	ErrGo              = errors.New("the go command failed")   // its output follows
	ErrABI             = errors.New("another ABI version")     // it links the cabi of another hotso
	ErrHidden          = errors.New("function is not visible") // exported in Go, not in the ELF image
)
