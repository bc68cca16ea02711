// Command greeter is the plugin side. It is built with -buildmode=plugin.
package main

import "github.com/hotso/hotso/testdata/plugin/api"

type greeter struct{}

func (greeter) Greet() string { return "Hello, Golang!" }

// NewGreeter is the symbol that the host looks up.
func NewGreeter() api.Greeter { return greeter{} }

func main() {}
