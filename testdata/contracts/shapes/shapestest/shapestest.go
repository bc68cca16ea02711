// Package shapestest makes random values of the contract Shapes, and compares them.
package shapestest

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/values"
)

// A Generator makes random values, nested to a depth.
type Generator = values.Generator

// New returns a Generator.
func New(seed uint64) Generator { return values.New(seed, special) }

// Value is a random value of type T.
func Value[T any](g Generator, depth int) T { return values.Value[T](g, depth) }

// Same wants two values to be equal, see [values.Same].
func Same[T any](t testing.TB, want, got T, seed uint64) {
	t.Helper()
	if !values.Same(t, want, got) {
		t.Fatalf("seed %d", seed)
	}
}

// special are the types of the contract that reflection can't make.
var special map[reflect.Type]values.Make

func init() {
	special = map[reflect.Type]values.Make{
		reflect.TypeFor[shapes.Letter](): func(g Generator, _ int) any { return shapes.NewLetter(g.Text()) },
		reflect.TypeFor[error](): func(g Generator, depth int) any {
			kinds := 6
			if depth <= 0 {
				kinds = 3
			}
			switch g.IntN(kinds) {
			case 0:
				return nil
			case 1:
				return shapes.ErrSad
			case 2:
				return shapes.Code(g.IntN(9))
			case 3:
				return fmt.Errorf("%s: %w", g.Text(), io.EOF)
			case 4:
				return errors.Join(shapes.ErrLost, errors.New(g.Text()))
			}
			e := Value[shapes.NotFound](g, depth-1)
			return &e
		},
		reflect.TypeFor[shapes.Figure](): func(g Generator, depth int) any {
			kinds := 5
			if depth <= 0 {
				kinds = 3
			}
			switch g.IntN(kinds) {
			case 0:
				return nil
			case 1:
				return Value[shapes.Point](g, depth)
			case 2:
				return Value[shapes.Word](g, depth)
			case 3:
				return Value[shapes.Squares](g, depth)
			}
			c := Value[shapes.Circle](g, depth-1)
			return &c
		},
		reflect.TypeFor[shapes.Value](): func(g Generator, depth int) any {
			kinds := 9
			if depth <= 0 {
				kinds = 7
			}
			switch g.IntN(kinds) {
			case 0:
				return nil
			case 1:
				return g.IntN(2) == 0
			case 2:
				return g.Int()
			case 3:
				return g.Text()
			case 4:
				return g.Float64()
			case 5:
				return []byte(g.Text())
			case 6:
				return Value[time.Time](g, depth)
			case 7:
				return Value[[]shapes.Value](g, depth-1)
			}
			return Value[map[string]shapes.Value](g, depth-1)
		},
	}
}
