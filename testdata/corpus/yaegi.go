//go:build yaegi

package main

import (
	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
)

func init() {
	i := interp.New(interp.Options{})
	busy(func() error {
		if err := i.Use(stdlib.Symbols); err != nil {
			return err
		}
		for _, text := range []string{`import "strings"`, `func f() string { return strings.Repeat("a", 3) }`,
			`func g() { go func() { select {} }() }`, `g()`} {
			if _, err := i.Eval(text); err != nil {
				return err
			}
		}
		return nil
	}, func() error {
		_, err := i.Eval("f()")
		return err
	})
}
