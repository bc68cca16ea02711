package host

import "github.com/hotso/hotso/cabi/abi"

// A Result is what a dynamic call returned, and which version returned it.
type Result struct {
	Value   any    // of the result's Go type, nil if there is none
	Version string // the version that answered
}

// An Argument of a dynamic call turns itself into a value for a parameter of
// type t, once it is known which version is called. That value is then converted
// like any other. It may be inside a slice or map, too.
type Argument interface {
	Argument(t abi.Type) (any, error)
}
