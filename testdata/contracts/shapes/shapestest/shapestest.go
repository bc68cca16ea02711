// Package shapestest makes random values of the contract Shapes, and compares them.
package shapestest

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/testdata/contracts/shapes"
)

// A Generator makes random values, nested to a depth.
type Generator struct{ *rand.Rand }

// New returns a Generator.
func New(seed uint64) Generator { return Generator{rand.New(rand.NewPCG(seed, 15))} }

// Value is a random value of type T.
func Value[T any](g Generator, depth int) (v T) {
	g.fill(reflect.ValueOf(&v).Elem(), depth)
	return v
}

// special makes values of types that reflection can't make.
var special map[reflect.Type]func(g Generator, depth int) any

func init() {
	special = map[reflect.Type]func(g Generator, depth int) any{
		reflect.TypeFor[time.Time](): func(g Generator, _ int) any {
			t := time.Unix(g.Int64N(1<<36)-1<<35, g.Int64N(1e9))
			switch g.IntN(3) {
			case 0:
				return t.UTC()
			case 1:
				return t.In(time.FixedZone("", g.IntN(48)*1800-12*3600))
			}
			return time.Time{}
		},
		reflect.TypeFor[netip.Addr](): func(g Generator, _ int) any {
			if g.IntN(4) == 0 {
				return netip.Addr{}
			}
			return netip.AddrFrom4([4]byte{byte(g.Uint32()), 1, 2, 3})
		},
		reflect.TypeFor[netip.Prefix](): func(g Generator, _ int) any {
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(g.Uint32()), 0, 0}), g.IntN(33))
		},
		reflect.TypeFor[big.Int]():       func(g Generator, _ int) any { return *new(big.Int).Lsh(big.NewInt(g.Int64()|1), uint(g.IntN(99))) },
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

// Text is a short text.
func (g Generator) Text() string {
	return strings.Repeat([]string{"a", "é", "\x00", "日本"}[g.IntN(4)], g.IntN(5))
}

// fill makes v random. Fields that do not cross stay zero.
func (g Generator) fill(v reflect.Value, depth int) {
	if f := special[v.Type()]; f != nil {
		if x := f(g, depth); x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return
	}
	size := 0
	if depth > 0 {
		size = g.IntN(4)
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(g.Uint64()) >> (64 - v.Type().Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(g.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(float32(g.NormFloat64())))
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(float64(float32(g.NormFloat64())), 1))
	case reflect.String:
		v.SetString(g.Text())
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && v.Type().Field(i).Tag.Get("hotso") != "-" {
				g.fill(f, depth-1)
			}
		}
	case reflect.Slice:
		if g.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), size, size))
			for i := range size {
				g.fill(v.Index(i), depth-1)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			g.fill(v.Index(i), depth-1)
		}
	case reflect.Map:
		if g.IntN(4) > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range size {
				key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				g.fill(key, depth-1)
				g.fill(elem, depth-1)
				v.SetMapIndex(key, elem)
			}
		}
	case reflect.Pointer:
		if depth > 0 && g.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem(), depth-1)
		}
	default:
		panic("no random " + v.Type().String())
	}
}

// Same wants two values to be equal, errors by text, times by instant and offset.
func Same(t testing.TB, want, got any, seed uint64) {
	t.Helper()
	equal(t, "", reflect.ValueOf(want), reflect.ValueOf(got))
	if t.Failed() {
		t.Fatalf("seed %d", seed)
	}
}

func equal(t testing.TB, path string, want, got reflect.Value) {
	if want.IsValid() != got.IsValid() {
		t.Errorf("%s: want %v, got %v", path, want, got)
		return
	}
	if !want.IsValid() {
		return
	}
	if want.Type() != got.Type() {
		if e, ok := want.Interface().(error); ok {
			assert.EqualError(t, got.Interface().(error), e.Error(), path)
			return
		}
		t.Errorf("%s: want a %v, got a %v", path, want.Type(), got.Type())
		return
	}
	if want.CanInterface() {
		switch w := want.Interface().(type) {
		case time.Time:
			g := got.Interface().(time.Time)
			_, o1 := w.Zone()
			_, o2 := g.Zone()
			assert.True(t, w.Equal(g) && o1 == o2, "%s: %v, %v", path, w, g)
			return
		case big.Int:
			g := got.Interface().(big.Int)
			assert.Zero(t, w.Cmp(&g), path)
			return
		}
	}
	switch want.Kind() {
	case reflect.Interface, reflect.Pointer:
		if want.IsNil() != got.IsNil() {
			t.Errorf("%s: want %v, got %v", path, want, got)
		} else if !want.IsNil() {
			equal(t, path, want.Elem(), got.Elem())
		}
	case reflect.Struct:
		for i := range want.NumField() {
			equal(t, path+"."+want.Type().Field(i).Name, want.Field(i), got.Field(i))
		}
	case reflect.Slice, reflect.Array:
		if want.Kind() == reflect.Slice && want.IsNil() != got.IsNil() || want.Len() != got.Len() {
			t.Errorf("%s: want %v, got %v", path, want, got)
			return
		}
		for i := range want.Len() {
			equal(t, path+"[]", want.Index(i), got.Index(i))
		}
	case reflect.Map:
		if want.IsNil() != got.IsNil() || want.Len() != got.Len() {
			t.Errorf("%s: want %v, got %v", path, want, got)
			return
		}
		for _, k := range want.MapKeys() {
			equal(t, path+"[]", want.MapIndex(k), got.MapIndex(k))
		}
	case reflect.Chan:
	default:
		if !want.Equal(got) {
			t.Errorf("%s: want %v, got %v", path, want, got)
		}
	}
}
