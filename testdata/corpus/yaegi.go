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
		_, err := i.Eval("import \"strings\"\nfunc f() string { return strings.Repeat(\"a\", 3) }\ngo func() { select {} }()")
		return err
	}, func() error {
		_, err := i.Eval("f()")
		return err
	})
}
