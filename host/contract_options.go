package host

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/invoke"
)

// Methods are options for the methods of a contract, by name: "Greet", or "Cart.Add" for that of an
// object. Those under "" are for all methods, and come first:
//
//	options := host.Methods{"": {host.Stay()}, "Search": {host.Limit(time.Second)}}
//	g, err := greeting.Bind(options.Of(slot))
type Methods map[string][]BindOption

// Of is c, a *[Slot] or *[Library], for the Bind of a contract: its methods have these options there. A name
// that no method has is refused by Bind, with ErrArgument.
func (m Methods) Of(c Caller) contract.Caller { return withMethods{c.(contractCaller), m} }

// A contractCaller is a Caller for contracts, too.
type contractCaller interface {
	contract.Caller
	contract.Lender
	bindContract(c *contract.Info, options Methods) ([]contract.Remote, error)
}

type withMethods struct {
	contractCaller
	options Methods
}

// BindContract implements contract.Caller.
func (w withMethods) BindContract(c *contract.Info) ([]contract.Remote, error) {
	return w.bindContract(c, w.options)
}

// check refuses names that no method has.
func (m Methods) check(c *contract.Info) error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		is := func(of contract.Method) bool { return of.Qualified() == name && !control(&of) }
		if name != "" && !slices.ContainsFunc(c.Methods, is) {
			return fmt.Errorf("options for %s, and %s has no such method", name, c.Name)
		}
	}
	return nil
}

// control reports whether a method is one of those by which objects are freed and moved, which take the time
// that they need.
func control(m *contract.Method) bool { return m.Name[0] >= 'a' }

// apply has b bound with the options of a method.
func (m Methods) apply(b *invoke.Binding, method *contract.Method) {
	if control(method) {
		return
	}
	for _, o := range slices.Concat(m[""], m[method.Qualified()]) {
		o.apply(b)
	}
}
