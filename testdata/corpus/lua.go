//go:build lua

package main

import lua "github.com/yuin/gopher-lua"

func init() {
	state := lua.NewState()
	busy(func() error { return state.DoString("function f(n) return n + 1 end") }, func() error { return state.DoString("f(1)") })
}
