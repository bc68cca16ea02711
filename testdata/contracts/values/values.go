// Package values makes random values of the types that cross in contracts, and compares them.
package values

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"
	"unsafe"
)

// A Make makes a random value, nested to a depth, of a type that reflection can't make; nil is
// its zero value.
type Make func(g Generator, depth int) any

// A Generator makes random values. One goroutine at a time uses it.
type Generator struct {
	*rand.Rand
	Rough bool // also strings that are not UTF-8, and floats that are no numbers
	makes map[reflect.Type]Make
	left  *int // how many values it may yet put into slices, maps and pointers
}

// New returns a Generator, which knows of interfaces what makes says.
func New(seed uint64, makes map[reflect.Type]Make) Generator {
	all := maps.Clone(standard)
	maps.Copy(all, makes)
	left := 1 << 14
	return Generator{Rand: rand.New(rand.NewPCG(seed, 15)), makes: all, left: &left}
}

// Value is a random value of type T, nested to a depth.
func Value[T any](g Generator, depth int) (v T) {
	g.fill(reflect.ValueOf(&v).Elem(), depth)
	return v
}

// OneOf makes values of an interface that may hold these types, or nil.
func OneOf(types ...reflect.Type) Make {
	return func(g Generator, depth int) any {
		n := g.IntN(len(types) + 1)
		if depth <= 0 || n == len(types) {
			return nil
		}
		v := reflect.New(types[n]).Elem()
		g.fill(v, depth-1)
		return v.Interface()
	}
}

// Text is a short text.
func (g Generator) Text() string {
	if g.Rough && g.IntN(8) == 0 {
		return "\xff\xc0"
	}
	return strings.Repeat(oneOf(g, "a", "é", "\x00", "日本"), g.IntN(5))
}

// standard are types of the standard library.
var standard map[reflect.Type]Make

func init() {
	standard = map[reflect.Type]Make{
		reflect.TypeFor[time.Time](): func(g Generator, _ int) any {
			t := time.Unix(g.Int64N(1<<36)-1<<35, g.Int64N(1e9))
			switch g.IntN(4) {
			case 0:
				return t.UTC()
			case 1:
				return t.In(time.FixedZone("", g.IntN(48)*1800-12*3600))
			case 2:
				return t
			}
			return time.Time{}
		},
		reflect.TypeFor[netip.Addr](): func(g Generator, _ int) any {
			return oneOf(g, netip.Addr{}, netip.AddrFrom4([4]byte{byte(g.Uint32()), 1, 2, 3}),
				netip.AddrFrom16([16]byte{0xfe, 0x80, 15: byte(g.Uint32())}).WithZone("eth0"), netip.MustParseAddr("::ffff:1.2.3.4"))
		},
		reflect.TypeFor[netip.AddrPort](): func(g Generator, _ int) any {
			return oneOf(g, netip.AddrPort{}, netip.AddrPortFrom(netip.IPv6Loopback(), uint16(g.Uint32())))
		},
		reflect.TypeFor[netip.Prefix](): func(g Generator, _ int) any {
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(g.Uint32()), 0, 0}), g.IntN(33))
		},
		reflect.TypeFor[net.IP](): func(g Generator, _ int) any {
			return oneOf(g, nil, net.IPv6loopback, net.IPv4(10, 0, 0, byte(g.Uint32())))
		},
		reflect.TypeFor[big.Int](): func(g Generator, _ int) any {
			return *new(big.Int).Lsh(big.NewInt(g.Int64()|1), uint(g.IntN(99)))
		},
		reflect.TypeFor[url.URL](): func(g Generator, _ int) any {
			return oneOf(g, url.URL{}, url.URL{Scheme: "https", Host: "example.com", Path: "/" + fmt.Sprint(g.IntN(100)), RawQuery: "a=1"})
		},
		reflect.TypeFor[json.RawMessage](): func(g Generator, _ int) any {
			return oneOf(g, json.RawMessage(nil), json.RawMessage{}, json.RawMessage(fmt.Sprint(`{"a": `, g.IntN(100), `}`)))
		},
		reflect.TypeFor[error](): func(g Generator, _ int) any {
			return oneOf(g, nil, io.EOF, errors.New(g.Text()), fmt.Errorf("%s: %w", g.Text(), io.ErrUnexpectedEOF),
				errors.Join(io.EOF, errors.New(g.Text())))
		},
	}
}

func oneOf[T any](g Generator, values ...T) T { return values[g.IntN(len(values))] }

// fill makes v random, which can be set. Fields that do not cross stay zero.
func (g Generator) fill(v reflect.Value, depth int) {
	if f := g.makes[v.Type()]; f != nil {
		if x := f(g, depth); x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return
	}
	size := 0
	if depth > 0 && *g.left > 0 {
		size = g.IntN(4)
		*g.left -= size
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(g.Uint64()) >> (64 - v.Type().Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(g.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(g.float())
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(g.float(), g.float()))
	case reflect.String:
		v.SetString(g.Text())
	case reflect.Struct:
		for i := range v.NumField() {
			if crosses(v.Type().Field(i)) {
				g.fill(exposed(v.Field(i)), depth-1)
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
				if key.Equal(key) { // what is not equal to itself can't be found again
					v.SetMapIndex(key, elem)
				}
			}
		}
	case reflect.Pointer:
		if size > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem(), depth-1)
		}
	default:
		panic("no random " + v.Type().String())
	}
}

// float is one that float32 has, too.
func (g Generator) float() float64 {
	if g.Rough && g.IntN(4) == 0 {
		return oneOf(g, math.NaN(), math.Inf(-1), math.Copysign(0, -1))
	}
	return float64(float32(g.NormFloat64()))
}

// crosses reports whether a field does.
func crosses(f reflect.StructField) bool { return f.Name != "_" && f.Tag.Get("hotso") != "-" }

// exposed is a field that can be set, also if only its package can see it. The struct can be
// addressed.
func exposed(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}
