//go:build cel

package main

import "cel.dev/cel-go/cel"

func init() {
	var program cel.Program
	busy(func() error {
		env, err := cel.NewEnv(cel.Variable("n", cel.IntType))
		if err != nil {
			return err
		}
		ast, issues := env.Compile("n * 2 > 3 && [1, 2, 3].exists(x, x == n)")
		if issues.Err() != nil {
			return issues.Err()
		}
		program, err = env.Program(ast)
		return err
	}, func() error {
		_, _, err := program.Eval(map[string]any{"n": 2})
		return err
	})
}
