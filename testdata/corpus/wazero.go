//go:build wazero

package main

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// (module (memory (export "memory") 1) (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
var wasm = []byte("\x00asm\x01\x00\x00\x00\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\x00\x05\x03\x01\x00\x01" +
	"\x07\x10\x02\x06memory\x02\x00\x03add\x00\x00\x0a\x09\x01\x07\x00\x20\x00\x20\x01\x6a\x0b")

func init() {
	var add api.Function
	ctx := context.Background()
	busy(func() error {
		module, err := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler()).Instantiate(ctx, wasm)
		if err != nil {
			return err
		}
		add = module.ExportedFunction("add")
		return nil
	}, func() error {
		_, err := add.Call(ctx, 1, 2)
		return err
	})
}
