// Package greeter is what the reference library does, in plain Go: no cgo, no
// knowledge of any host.
package greeter

import (
	"errors"
	"unicode/utf8"
)

// greeting, if it is set, replaces the default greeting. The linker sets it:
//
//	-ldflags "-X 'github.com/hotso/hotso/libgreeter/greeter.greeting=Moin, Golang!'"
var greeting string

// A Greeter greets as one version of the library does.
type Greeter struct{ Version string }

// ErrNoName and ErrNotUTF8 are why a name cannot be greeted.
var (
	ErrNoName  = errors.New("the name is empty")
	ErrNotUTF8 = errors.New("the name is not UTF-8")
)

// Greet returns the greeting of this version.
func (g Greeter) Greet() string {
	if greeting != "" {
		return greeting
	}
	return "Hello, Golang!" + g.suffix()
}

// Name greets somebody by name.
func (g Greeter) Name(name string) (string, error) {
	switch {
	case name == "":
		return "", ErrNoName
	case !utf8.ValidString(name):
		return "", ErrNotUTF8
	}
	return "Hello, " + name + "!" + g.suffix(), nil
}

// suffix tells versions apart. Version 1 has none, nor has a library that hotso build
// did not make.
func (g Greeter) suffix() string {
	if g.Version == "" || g.Version == "1" {
		return ""
	}
	return " (v" + g.Version + ")"
}

// Add returns a + b, wrapping around.
//
//hotso:export
func Add(a, b int32) int32 { return a + b }
