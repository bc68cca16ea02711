package abi

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var signatures = map[string]Signature{
	"func()":                {},
	"func() error":          {Error: true},
	"func() cstring":        {Result: CString},
	"func() bool":           {Result: Bool},
	"func() (int64, error)": {Result: Int64, Error: true},
	"func() ([]byte, error)": {
		Result: Bytes, Error: true,
	},
	"func(a int32, b int32) int32": {
		Params: []Param{{"a", Int32}, {"b", Int32}}, Result: Int32,
	},
	"func(name string) (string, error)": {
		Params: []Param{{"name", String}}, Result: String, Error: true,
	},
	"func(xs []float64, struct{X float64; Y float64}) ([]int32, error)": {
		Params: []Param{{"xs", "[]float64"}, {"", point}}, Result: "[]int32", Error: true,
	},
	"func(l struct{A struct{X float64; Y float64}; On bool}) (struct{X float64; Y float64}, error)": {
		Params: []Param{{"l", "struct{A struct{X float64; Y float64}; On bool}"}}, Result: point, Error: true,
	},
	"func([]byte, float64, größe uint8)": {
		Params: []Param{{"", Bytes}, {"", Float64}, {"größe", Uint8}},
	},
}

func TestSignatureRoundTrip(t *testing.T) {
	for text, want := range signatures {
		assert.Equal(t, text, want.String())
		got, err := ParseSignature(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseSignatureRefuses(t *testing.T) {
	for _, text := range []string{
		"",
		"func",
		"func(",
		"func() ",
		"func()int32",
		"func()  int32",
		"func() (int32)",
		"func() (int32, error",
		"func() (, error)",
		"func() (int32, int32)",
		"func() int",
		"func() string",           // nowhere to put its status
		"func() []byte",           // the same
		"func() (cstring, error)", // returns a pointer, not a status
		"func() []float64",        // nowhere to put its status
		"func() struct{X float64}",
		"func([]uint8)", // is []byte
		"func([]bool)",
		"func([]string)",
		"func([][]int32)",
		"func([]struct{X float64})",
		"func([] int32)",
		"func([4]int32)",
		"func(int)",
		"func(cstring)",
		"func(a)",
		"func(a int32,b int32)",
		"func( int32)",
		"func(a  int32)",
		"func(int32, )",
		"func((a int32)",
		"func(1a int32)",
		"func(\x1b[2J int32)",
		"func(\xff int32)",
		"func(a int32) error ",
	} {
		_, err := ParseSignature(text)
		assert.ErrorIs(t, err, ErrSignature, "%q", text)
	}
}

func TestSignatureCheckKnowsWhatStringCannotWrite(t *testing.T) {
	s := Signature{Params: []Param{{"a) int32", Int32}}}
	assert.ErrorIs(t, s.Check(), ErrSignature)
}

func TestSignatureEqualIgnoresNames(t *testing.T) {
	parse := func(text string) Signature {
		s, err := ParseSignature(text)
		require.NoError(t, err)
		return s
	}
	s := parse("func(a int32, b string) (string, error)")
	assert.True(t, s.Equal(parse("func(int32, name string) (string, error)")))
	for _, other := range []string{
		"func(a int32) (string, error)",
		"func(b string, a int32) (string, error)",
		"func(a int32, b []byte) (string, error)",
		"func(a int32, b string) ([]byte, error)",
		"func(a int32, b string) error",
	} {
		assert.False(t, s.Equal(parse(other)), other)
	}
	assert.False(t, parse("func() int32").Equal(parse("func() (int32, error)")))
}

func TestTypes(t *testing.T) {
	for size, types := range map[int][]Type{
		1: {Bool, Int8, Uint8},
		2: {Int16, Uint16},
		4: {Int32, Uint32, Float32},
		8: {Int64, Uint64, Float64},
		0: {String, Bytes, CString, None, "int"},
	} {
		for _, typ := range types {
			assert.Equal(t, size, typ.Size(), typ)
			assert.Equal(t, typ == Float32 || typ == Float64, typ.Float(), typ)
			assert.Equal(t, typ == String || typ == Bytes, typ.Span(), typ)
		}
	}
}

func FuzzParseSignature(f *testing.F) {
	for text := range signatures {
		f.Add(text)
	}
	f.Add("func(a int32, b int32) (int32, int32)")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSignature(text)
		if err != nil {
			require.ErrorIs(t, err, ErrSignature)
			return
		}
		require.NoError(t, s.Check())
		require.Equal(t, text, s.String())
	})
}
