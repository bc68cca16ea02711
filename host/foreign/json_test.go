package foreign

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

func TestResultsAsJSON(t *testing.T) {
	type inner struct{ A, B float64 }
	for want, v := range map[string]any{
		`null`: nil, `true`: true, `-5`: int8(-5), `18446744073709551615`: uint64(math.MaxUint64),
		`0.1`: float32(0.1), `"NaN"`: math.NaN(), `"-Inf"`: math.Inf(-1), `"a\u0000\"b"`: "a\x00\"b",
		`"AQI="`: []byte{1, 2}, `""`: []byte(nil), `[1,"+Inf"]`: []float64{1, math.Inf(1)}, `[]`: []int16{}, `[-1,2]`: []int16{-1, 2},
		`{"A":1,"B":"NaN"}`: inner{1, math.NaN()},
	} {
		assert.JSONEq(t, want, string(encode(finite(v))), "%v", v)
	}
}

func TestArgumentsFromJSON(t *testing.T) {
	args, err := parseArguments(`[12345678901234567, "AQI=", "NaN", [1, "Inf"], {"X": 1.5}, null, true]`)
	require.NoError(t, err)
	require.Len(t, args, 7)
	as := func(i int, typ abi.Type) any {
		v, err := args[i].(host.Argument).Argument(typ)
		require.NoError(t, err)
		return v
	}
	assert.Equal(t, json.Number("12345678901234567"), as(0, abi.Int64))
	assert.Equal(t, []byte{1, 2}, as(1, abi.Bytes))
	assert.Equal(t, "AQI=", as(1, abi.String))
	assert.True(t, math.IsNaN(as(2, abi.Float64).(float64)))
	assert.Equal(t, "NaN", as(2, abi.String))
	assert.Len(t, as(3, "[]float64"), 2)
	assert.Contains(t, as(4, "struct{X float64}"), "X")
	assert.Nil(t, as(5, abi.Int8))
	assert.Equal(t, true, as(6, abi.Bool))
	_, err = args[2].(host.Argument).Argument(abi.Bytes)
	require.Error(t, err, "no base64")

	none, err := parseArguments("")
	require.NoError(t, err)
	assert.Empty(t, none)
	for _, bad := range []string{"{}", "1", "[", "[1] 2", "[\"\xff\"]"} {
		_, err := parseArguments(bad)
		assert.Error(t, err, bad)
	}
}
