//go:build starlark

package main

import "go.starlark.net/starlark"

func init() {
	busy(func() error { return nil }, func() error {
		_, err := starlark.ExecFile(&starlark.Thread{}, "a.star", "x = [n * n for n in range(100)]", nil)
		return err
	})
}
