// Package contract is what generated code of a contract runs on. A contract is a Go
// interface in a package of its own, which both hosts and libraries import:
//
//	// Package greeting is what hosts and libraries agree on.
//	package greeting
//
//	//go:generate go tool hotso gen
//
//	//hotso:contract
//	type Greeter interface {
//		Greet(ctx context.Context, p Person) (Greeting, error)
//	}
//
// hotso gen writes hotso_gen.go beside it. A library says, in an init function,
//
//	greeting.Export(func() (greeting.Greeter, error) { return newGreeter() })
//
// and a host
//
//	g, err := greeting.Bind(slot) // a greeting.Greeter
//
// docs/contracts.md says which types cross and how contracts change, and docs/wire.md how
// the bytes look.
//
// It imports nothing of hotso: neither cgo nor a host comes with it.
package contract
