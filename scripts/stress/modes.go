package main

import (
	"fmt"
	"strings"
)

// A mode is a way to build and run the host and its libraries.
type mode struct {
	name     string
	build    []string // flags of the build
	buildEnv []string
	env      []string // of the host and the runtimes of all libraries
}

var modes = []mode{
	{name: "plain", buildEnv: []string{"CGO_ENABLED=0"}},
	// The race detector, of the host. A library can't have one of its own.
	{name: "race", build: []string{"-race"}, buildEnv: []string{"CGO_ENABLED=1"}},
	// Collections all the time.
	{name: "gc", buildEnv: []string{"CGO_ENABLED=0"}, env: []string{"GOGC=1"}},
	// Each collection is checked by another, with the world stopped.
	{name: "gccheckmark", buildEnv: []string{"CGO_ENABLED=0"}, env: []string{"GODEBUG=gccheckmark=1"}},
	// What is freed is overwritten.
	{name: "clobberfree", buildEnv: []string{"CGO_ENABLED=0"}, env: []string{"GODEBUG=clobberfree=1"}},
	// Pointers that are stored where C can see them are checked.
	{name: "cgocheck2", buildEnv: []string{"CGO_ENABLED=1", "GOEXPERIMENT=cgocheck2"}},
	// No signal interrupts a loop.
	{name: "nopreempt", buildEnv: []string{"CGO_ENABLED=0"}, env: []string{"GODEBUG=asyncpreemptoff=1"}},
	{name: "oneproc", buildEnv: []string{"CGO_ENABLED=0"}, env: []string{"GOMAXPROCS=1"}},
}

func names() (list []string) {
	for _, m := range modes {
		list = append(list, m.name)
	}
	return list
}

// choose finds the mode of that name, or all.
func choose(name string) ([]mode, error) {
	if name == "all" {
		return modes, nil
	}
	for _, m := range modes {
		if m.name == name {
			return []mode{m}, nil
		}
	}
	return nil, fmt.Errorf("no mode %q; there are %s, and all", name, strings.Join(names(), ", "))
}
