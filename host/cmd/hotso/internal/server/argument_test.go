package server

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

func TestArgument(t *testing.T) {
	point := abi.Struct(abi.Field{Name: "X", Type: abi.Float64}, abi.Field{Name: "Y", Type: abi.Float64})
	for _, test := range []struct {
		text string
		t    abi.Type
		want any    // nil for an error
		why  string // of the error
	}{
		{` "\u0041\n" `, abi.String, "A\n", ""},
		{`"AQI="`, abi.Bytes, []byte{1, 2}, ""},
		{`"AQI\u003d"`, abi.Bytes, []byte{1, 2}, ""},
		{`true`, abi.Bool, true, ""},
		{`[1, 2.0 ,3e0]`, abi.Slice(abi.Int16), []int16{1, 2, 3}, ""},
		{`[0.5,"+Inf"]`, abi.Slice(abi.Float32), []float32{0.5, float32(notFinite["+Inf"])}, ""},
		{`["+Inf"]`, abi.Slice(abi.Int64), nil, `element 0: "+Inf" is not of type int64`},
		{`[+Inf]`, abi.Slice(abi.Float64), nil, "not JSON"},
		{`[1, "2"]`, abi.Slice(abi.Int32), nil, `element 1: "2" is not of type int32`},
		{`[1, null]`, abi.Slice(abi.Int32), nil, `element 1: null is not of type int32`},
		{`[32768]`, abi.Slice(abi.Int16), nil, `element 0: 32768 is not of type int16`},
		{`[[1]]`, abi.Slice(abi.Int32), nil, `element 0: [1] is not of type int32`},
		{`{}`, abi.Slice(abi.Int32), nil, `{} is not of type []int32`},
		{`[1]`, abi.Bytes, nil, "an array is not of type []byte"},
		{`{}`, abi.Int32, nil, "an object is not of type int32"},
		{`[]`, point, nil, `[] is not of type struct{`},
		{`{"X": 1, "Z": 2}`, point, nil, `there is no field "Z"`},
		{`{"X": 1, "X": 2}`, point, nil, `field X is there twice`},
		{`{"X": 1, "\u0059": [2]}`, point, map[string]any{"X": argument("1"), "Y": argument("[2]")}, ""},
	} {
		var v any
		a, err := ParseArgument(test.text)
		if err == nil {
			v, err = a.Argument(test.t)
		}
		if test.want == nil {
			require.ErrorContains(t, err, test.why, test.text)
			continue
		}
		require.NoError(t, err, test.text)
		assert.Equal(t, test.want, v, test.text)
	}
}

// What a body makes of itself in memory is bounded by what parseArguments says, also if it
// does not fit the function.
func TestArgumentsTakeWhatTheyCost(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing happens at the same time, and the race detector makes it slow")
	}
	const size = 4 << 20
	list := func(e string) string { return "[" + strings.Repeat(e+",", size/(len(e)+1)) + e + "]" }
	for name, test := range map[string]struct {
		text string
		t    abi.Type
	}{
		"many arguments":  {list("{}"), abi.Int32},
		"objects":         {"[" + list("{}") + "]", abi.Slice(abi.Float64)},
		"digits":          {"[" + list("1") + "]", abi.Slice(abi.Float64)},
		"wrong at last":   {"[" + list("1")[:size] + `,""]]`, abi.Slice(abi.Float64)},
		"fields":          {`[{"a":1` + strings.Repeat(`,"a":1`, size/6) + `}]`, abi.Struct(abi.Field{Name: "a", Type: abi.Int8})},
		"unknown fields":  {`[{"a":1` + strings.Repeat(`,"b":1`, size/6) + `}]`, abi.Struct(abi.Field{Name: "a", Type: abi.Int8})},
		"deep":            {strings.Repeat("[", size/2) + strings.Repeat("]", size/2), abi.Int32},
		"text":            {`["` + strings.Repeat("x", size) + `"]`, abi.String},
		"escapes":         {`["` + strings.Repeat(`\n`, size/2) + `"]`, abi.String},
		"base64":          {`["` + strings.Repeat("AAAA", size/4) + `"]`, abi.Bytes},
		"text for number": {`["` + strings.Repeat("x", size) + `"]`, abi.Int32},
	} {
		b := []byte(test.text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		args, cost, err := parseArguments(b)
		for _, a := range args {
			v, _ := a.(argument).Argument(test.t)
			runtime.KeepAlive(v)
		}
		runtime.ReadMemStats(&after)
		if err != nil {
			cost = 64 << 10
		}
		took := int64(after.TotalAlloc - before.TotalAlloc)
		if name == "escapes" { // the text is copied before it is read
			cost *= 3
		}
		assert.Less(t, took, cost+1<<20, name)
	}
}
