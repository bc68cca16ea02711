//go:build expr

package main

import "github.com/expr-lang/expr"

func init() {
	busy(func() error { return nil }, func() error {
		_, err := expr.Eval("sum(filter(1..10, # > 3))", nil)
		return err
	})
}
