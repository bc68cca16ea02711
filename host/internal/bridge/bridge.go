// Package bridge gives packages below host what package host keeps to itself.
package bridge

import (
	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
)

// Source makes a host.Source of a version that is linked into the program, and Builtin is the version of
// one, or why it is none. Target is that of a *host.Library. Bind binds a function of a host.Caller, and
// Provide makes a host.Option of a function that libraries can call. Package host sets them.
var (
	Source  func(*instance.Builtin) any
	Builtin func(source any) (*instance.Builtin, error)
	Target  func(library any) *invoke.Target
	Bind    func(caller any, name string, want abi.Signature) (*invoke.Binding, error)
	Provide func(*invoke.Import) (option any)
)
