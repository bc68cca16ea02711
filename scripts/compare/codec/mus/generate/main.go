// Command generate writes the code of mus-go for a shop.Order, in the directory that it is run in.
package main

import (
	"errors"
	"os"
	"reflect"
	"time"

	"github.com/mus-format/musgen-go/mus"
	genops "github.com/mus-format/musgen-go/options/generate"
	structops "github.com/mus-format/musgen-go/options/struct"
	typeops "github.com/mus-format/musgen-go/options/type"

	"github.com/hotso/hotso/scripts/compare/shop"
)

func main() {
	if err := generate(); err != nil {
		os.Stderr.WriteString("generate: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func generate() error {
	// NotUnsafe is the fastest code whose strings are not a part of what they were read from.
	g, err := musgen.NewCodeGenerator(genops.WithPkgPath("github.com/hotso/hotso/scripts/compare/codec/mus"),
		genops.WithNotUnsafe())
	if err != nil {
		return err
	}
	var fields []structops.SetOption // one for each field of an order
	for f := range reflect.TypeFor[shop.Order]().Fields() {
		var field []typeops.SetOption
		if f.Type == reflect.TypeFor[time.Time]() {
			field = append(field, typeops.WithTimeUnit(typeops.NanoUTC))
		}
		fields = append(fields, structops.WithField(field...))
	}
	if err := errors.Join(g.AddStruct(reflect.TypeFor[shop.Line]()), g.AddStruct(reflect.TypeFor[shop.Order](), fields...)); err != nil {
		return err
	}
	text, err := g.Generate()
	if err != nil {
		return err
	}
	return os.WriteFile("mus.gen.go", text, 0o666)
}
