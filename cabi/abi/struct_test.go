package abi

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const point Type = "struct{X float64; Y float64}"

// nested returns structs inside each other.
func nested(depth int) Type {
	t := Int8
	for range depth {
		t = Struct(Field{Name: "A", Type: t})
	}
	return t
}

func TestStructLayoutIsThatOfGo(t *testing.T) {
	type inner struct {
		A uint8
		B uint16
	}
	var outer struct {
		A int8
		B int64
		C bool
		D inner
		E float32
		F uint8
	}
	typ := Struct(
		Field{Name: "A", Type: Int8}, Field{Name: "B", Type: Int64}, Field{Name: "C", Type: Bool},
		Field{Name: "D", Type: Struct(Field{Name: "A", Type: Uint8}, Field{Name: "B", Type: Uint16})},
		Field{Name: "E", Type: Float32}, Field{Name: "F", Type: Uint8},
	)
	assert.EqualValues(t,
		"struct{A int8; B int64; C bool; D struct{A uint8; B uint16}; E float32; F uint8}", typ)
	fields := typ.Fields()
	require.Len(t, fields, 6)
	for i, offset := range []uintptr{
		unsafe.Offsetof(outer.A), unsafe.Offsetof(outer.B), unsafe.Offsetof(outer.C),
		unsafe.Offsetof(outer.D), unsafe.Offsetof(outer.E), unsafe.Offsetof(outer.F),
	} {
		assert.EqualValues(t, offset, fields[i].Offset, fields[i].Name)
	}
	size, align := typ.Layout()
	assert.EqualValues(t, unsafe.Sizeof(outer), size)
	assert.EqualValues(t, unsafe.Alignof(outer), align)
	size, align = fields[3].Type.Layout()
	assert.EqualValues(t, unsafe.Sizeof(inner{}), size)
	assert.EqualValues(t, unsafe.Alignof(inner{}), align)
}

func TestLayoutOfOtherTypes(t *testing.T) {
	size, align := Uint16.Layout()
	assert.Equal(t, []int{2, 2}, []int{size, align})
	for _, typ := range []Type{None, String, Bytes, "[]int64", CString, "struct{}", "int"} {
		size, align = typ.Layout()
		assert.Equal(t, []int{0, 0}, []int{size, align}, "%s", typ)
		assert.Nil(t, typ.Fields(), "%s", typ)
	}
}

func TestStructsThatDoNotCross(t *testing.T) {
	for _, typ := range []Type{
		"struct{}",
		"struct{X float64",
		"struct{X float64;}",
		"struct{X float64; }",
		"struct{X float64;Y float64}",
		"struct{X float64; Y float64}}",
		"struct{X float64}; Y float64}",
		"struct {X float64}",
		"struct{ X float64}",
		"struct{X  float64}",
		"struct{X}",
		"struct{x float64}",
		"struct{Größe float64}",
		"struct{_ float64}",
		"struct{9 float64}",
		"struct{X float64; X float64}",
		"struct{X string}",
		"struct{X []byte}",
		"struct{X []float64}",
		"struct{X int}",
		"struct{X struct{}}",
		"struct{X struct{Y int8}",
		Struct(Field{Name: "A", Type: nested(maxDepth)}),
	} {
		assert.Nil(t, typ.Fields(), "%s", typ)
		_, err := ParseSignature("func(a " + string(typ) + ")")
		assert.ErrorIs(t, err, ErrSignature, "%s", typ)
	}
	assert.NotNil(t, nested(maxDepth).Fields())
}

func TestStructsAreBounded(t *testing.T) {
	fields := func(n int) (list []Field) {
		for i := range n {
			list = append(list, Field{Name: "A" + strings.Repeat("a", i), Type: Uint64})
		}
		return list
	}
	assert.NotNil(t, Struct(fields(MaxStruct/8)...).Fields())
	assert.Nil(t, Struct(fields(MaxStruct/8+1)...).Fields())
}

func TestSlices(t *testing.T) {
	for _, elem := range []Type{Int8, Int16, Int32, Int64, Uint16, Uint32, Uint64, Float32, Float64} {
		s := Slice(elem)
		assert.Equal(t, "[]"+elem, s)
		assert.Equal(t, elem, s.Elem())
		assert.True(t, s.Span())
		assert.Zero(t, s.Size())
	}
	assert.Equal(t, Bytes, Slice(Uint8))
	assert.Equal(t, Uint8, Bytes.Elem())
	assert.Equal(t, Uint8, String.Elem())
	for _, elem := range []Type{Bool, String, Bytes, CString, None, point, "int"} {
		assert.Equal(t, None, Slice(elem), "%s", elem)
		assert.Equal(t, None, ("[]" + elem).Elem(), "%s", elem)
	}
}
