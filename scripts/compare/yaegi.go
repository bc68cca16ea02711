package main

import (
	"os"

	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
)

// yaegi interprets the greeter's own source.
type yaegiGreeter struct {
	add   func(int32, int32) int32
	greet func(string) (string, error)
}

// yaegiGlue is what a host adds to the greeter's source, in the same package.
const yaegiGlue = `
var g = Greeter{Version: "1"}

func greet(name string) (string, error) { return g.Name(name) }

func echo(data []byte) []byte { return append([]byte(nil), data...) }
`

func interpret(f Files) (*interp.Interpreter, error) {
	source, err := os.ReadFile(f.Source)
	if err != nil {
		return nil, err
	}
	i := interp.New(interp.Options{})
	if err := i.Use(stdlib.Symbols); err != nil {
		return nil, err
	}
	_, err = i.Eval(string(source) + yaegiGlue)
	return i, err
}

func openYaegi(f Files) (Greeter, error) {
	i, err := interpret(f)
	if err != nil {
		return nil, err
	}
	add, err := i.Eval("greeter.Add")
	if err != nil {
		return nil, err
	}
	greet, err := i.Eval("greeter.greet")
	if err != nil {
		return nil, err
	}
	return yaegiGreeter{
		add.Interface().(func(int32, int32) int32),
		greet.Interface().(func(string) (string, error)),
	}, nil
}

func (g yaegiGreeter) Add(a, b int32) (int32, error)     { return g.add(a, b), nil }
func (g yaegiGreeter) Greet(name string) (string, error) { return g.greet(name) }

// Close has nothing to do: an interpreter is garbage once nobody uses it.
func (yaegiGreeter) Close() error { return nil }

func echoYaegi(f Files) (Echo, error) {
	i, err := interpret(f)
	if err != nil {
		return nil, err
	}
	v, err := i.Eval("greeter.echo")
	if err != nil {
		return nil, err
	}
	echo := v.Interface().(func([]byte) []byte)
	return func(data []byte) ([]byte, error) { return echo(data), nil }, nil
}
