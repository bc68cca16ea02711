// Command plugin is the greeter for package plugin.
package main

import (
	"bytes"

	"github.com/hotso/hotso/libgreeter/greeter"
)

var g = greeter.Greeter{Version: "1"}

// Add, Greet and Echo are looked up by the host.
func Add(a, b int32) int32 { return greeter.Add(a, b) }

func Greet(name string) (string, error) { return g.Name(name) }

func Echo(data []byte) []byte { return bytes.Clone(data) }

func main() {}
