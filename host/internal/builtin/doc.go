// Package builtin makes a version of Go code that is linked into the program: of what the methods of a value, the
// contracts that it implements, or a map of functions look like, it makes what a library's file says and
// answers.
//
//	b, err := builtin.New("1.4.0", implementation, builtin.Hooks{})
//	...
//	in := instance.PrepareBuiltin(conf, "shop", b)
package builtin
