package host

import (
	"slices"

	"github.com/hotso/hotso/cabi/abi"
)

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

// A VersionArgument is an Argument that depends on the version that is called, such as one
// that is written by the schema of a contract in its manifest. It may not be inside of others.
type VersionArgument interface {
	ArgumentOf(lib *Library, t abi.Type) (any, error)
}

// ownerArgument is a VersionArgument for package invoke.
type ownerArgument struct{ VersionArgument }

// ArgumentOf implements invoke.OwnerArgument.
func (a ownerArgument) ArgumentOf(owner any, t abi.Type) (any, error) {
	return a.VersionArgument.ArgumentOf(owner.(*Library), t)
}

// forTarget are arguments of a dynamic call as package invoke knows them.
func forTarget(args []any) []any {
	copied := false
	for i, arg := range args {
		if a, ok := arg.(VersionArgument); ok {
			if !copied {
				args, copied = slices.Clone(args), true
			}
			args[i] = ownerArgument{a}
		}
	}
	return args
}
