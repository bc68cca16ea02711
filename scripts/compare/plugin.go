//go:build cgo

package main

import "plugin"

type pluginGreeter struct {
	add   func(a, b int32) int32
	greet func(name string) (string, error)
}

func openPlugin(f Files) (Greeter, error) {
	p, err := plugin.Open(f.Plugins[f.Use])
	if err != nil {
		return nil, err
	}
	add, err := p.Lookup("Add")
	if err != nil {
		return nil, err
	}
	greet, err := p.Lookup("Greet")
	if err != nil {
		return nil, err
	}
	return pluginGreeter{add.(func(int32, int32) int32), greet.(func(string) (string, error))}, nil
}

func (g pluginGreeter) Add(a, b int32) (int32, error)     { return g.add(a, b), nil }
func (g pluginGreeter) Greet(name string) (string, error) { return g.greet(name) }

// Close can do nothing: package plugin has no way to close one.
func (pluginGreeter) Close() error { return nil }

func echoPlugin(f Files) (Echo, error) {
	p, err := plugin.Open(f.Plugins[0])
	if err != nil {
		return nil, err
	}
	echo, err := p.Lookup("Echo")
	if err != nil {
		return nil, err
	}
	return func(data []byte) ([]byte, error) { return echo.(func([]byte) []byte)(data), nil }, nil
}
