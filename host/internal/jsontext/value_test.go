package jsontext

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree is what encoding/json makes of the text, by way of Values.
func tree(t testing.TB, v Value) any {
	switch v.Kind() {
	case Array:
		list := []any{}
		for e := range v.Elements() {
			list = append(list, tree(t, e))
		}
		return list
	case Object:
		object := map[string]any{}
		for name, e := range v.Members() {
			object[name] = tree(t, e)
		}
		return object
	case String:
		return v.Unquoted()
	case Bool:
		return v.Bool()
	case Number:
		var f float64
		if err := json.Unmarshal([]byte(v.Text()), &f); err != nil {
			return nil // it is out of range
		}
		return f
	}
	return nil
}

func FuzzValue(f *testing.F) {
	for _, text := range []string{` [1, {"a": "\ud83d\ude00", "b": [[], {}, [ 2 ]]}, -1.5e3, true, false, null] `, `"x"`, `{"a":{"b":{}},"c":[{},{}]}`, "7"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Parse(b, 100)
		if err != nil {
			return
		}
		var want any
		if err := json.Unmarshal(b, &want); err != nil {
			return // a number that is out of range
		}
		require.True(t, v.Exists())
		assert.Equal(t, want, tree(t, v))
		assert.Equal(t, strings.TrimSpace(string(b)), v.Text())
		var compact any
		require.NoError(t, json.Unmarshal(AppendCompact(nil, b), &compact))
		assert.Equal(t, want, compact)
	})
}

func TestValue(t *testing.T) {
	v, err := Parse([]byte(` {"first": [[1, 2], {"x": "]"}], "second": "\u0041"} `), 3)
	require.NoError(t, err)
	second := Value{}
	assert.False(t, second.Exists())
	for name, member := range v.Members() {
		if name == "second" {
			second = member
		}
	}
	assert.Equal(t, "A", second.Unquoted())
	assert.Equal(t, `"\u0041"`, second.Text())
	_, err = Parse([]byte("[[[[]]]]"), 3)
	require.ErrorContains(t, err, "nested 4 deep")
}

// Values are passed over without a look at what is inside, however deep that is.
func TestSkippingTakesNoTime(t *testing.T) {
	const depth = 1000
	text := strings.Repeat(`{"a":`, depth) + `"` + strings.Repeat("x", 4<<20) + `"` + strings.Repeat("}", depth)
	v, err := Parse([]byte(text), depth)
	require.NoError(t, err)
	begin := time.Now()
	for v.Kind() == Object {
		inner := Value{}
		for _, member := range v.Members() { // to its end
			inner = member
		}
		v = inner
	}
	assert.Less(t, time.Since(begin), time.Second, "4 GB would be read")
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\x00\x7f\u2028é\U0001F600\b\f")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		var got string
		require.NoError(t, json.Unmarshal(AppendString(nil, s), &got))
		assert.Equal(t, s, got)
	})
}

func FuzzAppendFloat(f *testing.F) {
	for _, x := range []float64{0, math.Copysign(0, -1), 1, 1e21, 1e-7, -1.5e-9, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			got, ok := Float(strings.Trim(string(AppendFloat(nil, x, 64)), `"`))
			require.True(t, ok)
			assert.Equal(t, math.Float64bits(x)>>52, math.Float64bits(got)>>52)
			return
		}
		want, err := json.Marshal(x)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(AppendFloat(nil, x, 64)))
		if small := float32(x); !math.IsInf(float64(small), 0) {
			want, err := json.Marshal(small)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(AppendFloat(nil, float64(small), 32)))
		}
	})
}
