package contract

import (
	"fmt"
	"reflect"
)

// Lacks says what keeps a type from serving the contract of that name, or, if that is "", any one of
// which it has some method: the first method that is missing, or has another type. It is nil if the
// type serves it, or if no package that this program imports has it.
func Lacks(implementation reflect.Type, name string) (why error) {
	known.mu.Lock()
	defer known.mu.Unlock()
	for _, c := range known.contracts {
		switch {
		case name != "" && c.Info().Name != name, name == "" && !resembles(implementation, c.implemented()):
		case implementation.Implements(c.implemented()):
			return nil
		case why == nil:
			why = lacks(implementation, c.implemented())
		}
	}
	return why
}

// withPointer is the type that has the methods of implementation and of a pointer to it. A pointer to an
// interface or to a pointer has none.
func withPointer(implementation reflect.Type) reflect.Type {
	if k := implementation.Kind(); k == reflect.Interface || k == reflect.Pointer {
		return implementation
	}
	return reflect.PointerTo(implementation)
}

// resembles reports whether a type has methods with names of an interface's.
func resembles(implementation, contract reflect.Type) bool {
	implementation = withPointer(implementation)
	for i := range contract.NumMethod() {
		if _, ok := implementation.MethodByName(contract.Method(i).Name); ok {
			return true
		}
	}
	return false
}

// lacks is for a type that does not implement an interface.
func lacks(implementation, contract reflect.Type) error {
	value := implementation
	if implementation = withPointer(value); implementation.Implements(contract) {
		return fmt.Errorf("%v implements %v, and %v does not", implementation, contract, value)
	}
	for i := range contract.NumMethod() {
		want := contract.Method(i)
		have, ok := methodType(implementation, want.Name)
		if !ok {
			return fmt.Errorf("%v has no method %s, a %v", implementation, want.Name, want.Type)
		}
		if have != want.Type {
			return fmt.Errorf("the method %s of %v is a %v, not a %v", want.Name, implementation, have, want.Type)
		}
	}
	return fmt.Errorf("%v does not implement %v", implementation, contract) // which has methods that are not exported
}

// methodType is that of a method without its receiver.
func methodType(t reflect.Type, name string) (reflect.Type, bool) {
	m, ok := t.MethodByName(name)
	if !ok || t.Kind() == reflect.Interface {
		return m.Type, ok
	}
	return reflect.Zero(t).Method(m.Index).Type(), true
}
