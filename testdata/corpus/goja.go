//go:build goja

package main

import "github.com/dop251/goja"

func init() {
	var vm *goja.Runtime
	busy(func() error {
		vm = goja.New()
		_, err := vm.RunString("function f(n) { return n < 2 ? n : f(n-1) + f(n-2) }")
		return err
	}, func() error {
		_, err := vm.RunString("f(10)")
		return err
	})
}
