package foreign

import (
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

var numbers = []abi.Type{abi.Int8, abi.Int16, abi.Int32, abi.Int64, abi.Uint8, abi.Uint16, abi.Uint32, abi.Uint64, abi.Float32, abi.Float64}

func integer(n int64) Value  { return Value{Type: TypeInt64, Integer: n} }
func float(f float64) Value  { return Value{Type: TypeFloat64, Number: f} }
func natural(n uint64) Value { return Value{Type: TypeUint64, Integer: int64(n)} }

// A number is an argument of each type that has its value, and of no other.
func TestNumbersFitOrAreRefused(t *testing.T) {
	all := "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64"
	signed := "int8 int16 int32 int64 float32 float64"
	for _, c := range []struct {
		value Value
		fits  string
	}{
		{integer(0), all}, {integer(127), all}, {float(127), all}, {natural(127), all},
		{integer(-1), signed}, {float(-1), signed}, {integer(-128), signed},
		{integer(128), "int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64"},
		{integer(-129), "int16 int32 int64 float32 float64"},
		{integer(255), "int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64"},
		{integer(256), "int16 int32 int64 uint16 uint32 uint64 float32 float64"},
		{integer(1 << 31), "int64 uint32 uint64 float32 float64"},
		{integer(1 << 32), "int64 uint64 float32 float64"},
		{integer(math.MinInt64), "int64 float32 float64"},
		{integer(math.MaxInt64), "int64 uint64 float32 float64"},
		{natural(math.MaxUint64), "uint64 float32 float64"},
		{float(1 << 63), "uint64 float32 float64"},
		{float(-(1 << 63)), "int64 float32 float64"},
		{float(1 << 64), "float32 float64"},
		{float(0.5), "float32 float64"},
		{float(1e300), "float64"},
		{float(math.Inf(1)), "float32 float64"},
		{float(math.NaN()), "float32 float64"},
		{Value{Type: TypeBool, Integer: 1}, ""},
		{Value{Type: TypeString}, ""},
		{Value{Type: 99}, ""},
	} {
		fits := ""
		for _, typ := range numbers {
			word, err := c.value.scalar(typ)
			if err != nil {
				continue
			}
			if fits != "" {
				fits += " "
			}
			fits += string(typ)
			var back Value
			back.number(typ, word)
			switch {
			case typ.Float() && c.value.Type == TypeFloat64 && typ == abi.Float64:
				assert.Equal(t, math.Float64bits(c.value.Number), math.Float64bits(back.Number))
			case !typ.Float() && c.value.Type != TypeFloat64:
				assert.Equal(t, c.value.Integer, back.Integer, "%+v as %s", c.value, typ)
			}
		}
		assert.Equal(t, c.fits, fits, "%+v", c.value)
	}
	_, err := (&Value{Type: TypeInt32, Integer: 1}).scalar(abi.Bool)
	assert.Error(t, err)
}

func TestResultGoesToTheBufferIfItFits(t *testing.T) {
	var room [4]uint16
	v := Value{Buffer: unsafe.Pointer(&room), Capacity: 4}
	require.NoError(t, v.set([]uint16{1, 2, 3}))
	assert.Equal(t, unsafe.Pointer(&room), v.Data)
	assert.Equal(t, [4]uint16{1, 2, 3}, room)
	assert.EqualValues(t, 3, v.Length)
	assert.Equal(t, typeSlice+TypeUint16, v.Type)
	require.NoError(t, v.set([]uint16{1, 2, 3, 4, 5}))
	assert.NotEqual(t, unsafe.Pointer(&room), v.Data)
	assert.Equal(t, []uint16{1, 2, 3, 4, 5}, unsafe.Slice((*uint16)(v.Data), v.Length))
	require.NoError(t, v.set(""))
	assert.Zero(t, v.Length)
	require.NoError(t, v.set(nil))
	assert.Equal(t, TypeNone, v.Type)
	require.NoError(t, v.set(int8(-3)))
	assert.EqualValues(t, -3, v.Integer)
}

// What has no memory behind it is an error, and not read.
func TestArgumentsWithoutMemoryAreRefused(t *testing.T) {
	var b byte
	for _, typ := range []Type{TypeString, TypeStruct, TypeBytes, typeSlice + TypeFloat64} {
		_, err := (&Value{Type: typ, Length: 3}).argument()
		assert.ErrorIs(t, err, errNull, "type %d", typ)
		for _, length := range []uintptr{maxLength + 1, math.MaxInt, math.MaxUint64} {
			_, err = (&Value{Type: typ, Data: unsafe.Pointer(&b), Length: length}).argument()
			assert.ErrorIs(t, err, errLength, "type %d", typ)
		}
		_, err = (&Value{Type: typ}).argument()
		assert.NoError(t, err, "type %d: empty", typ)
	}
}

func TestStructIsReadByItsFields(t *testing.T) {
	type inner struct{ A, B uint8 }
	type outer struct {
		X float64
		I inner
		N int32
	}
	o := outer{1.5, inner{2, 3}, -4}
	typ := abi.Type("struct{X float64; I struct{A uint8; B uint8}; N int32}")
	require.NotNil(t, typ.Fields())
	b := structBytes(unsafe.Slice((*byte)(unsafe.Pointer(&o)), unsafe.Sizeof(o)))
	got, err := b.Argument(typ)
	require.NoError(t, err)
	object := got.(map[string]any)
	assert.Equal(t, 1.5, object["X"])
	assert.Equal(t, int32(-4), object["N"])
	nested, err := object["I"].(structBytes).Argument("struct{A uint8; B uint8}")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"A": uint8(2), "B": uint8(3)}, nested)
	_, err = b[1:].Argument(typ)
	assert.Error(t, err)
	_, err = b.Argument(abi.Int32)
	assert.Error(t, err)
}
