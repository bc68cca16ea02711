// Package api is the contract of the comparison. Host and plugin both compile
// it in, so package plugin demands that both saw the very same copy.
package api

// Greeter is what a plugin's NewGreeter returns.
type Greeter interface {
	Greet() string
}
