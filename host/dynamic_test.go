package host_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func TestDynamicArguments(t *testing.T) {
	type (
		name string
		age  int
	)
	echo := open(t, libtest.Build(t, "echo", "1"))
	for _, c := range []struct {
		function  string
		arg, want any // want is nil if the argument must be refused
	}{
		{"Bool", true, true},
		{"Bool", 1, nil},
		{"Bool", "true", nil},
		{"Bool", json.Number("1"), nil},

		{"Int8", 127, int8(127)},
		{"Int8", -128, int8(-128)},
		{"Int8", 128, nil},
		{"Int8", -129, nil},
		{"Int8", uint64(127), int8(127)},
		{"Int8", uint64(math.MaxUint64), nil},
		{"Int8", 127.0, int8(127)},
		{"Int8", 127.5, nil},
		{"Int8", 128.0, nil},
		{"Int8", age(42), int8(42)},
		{"Int8", true, nil},
		{"Int8", "1", nil},
		{"Int8", nil, nil},
		{"Int8", []byte{1}, nil},
		{"Int8", struct{}{}, nil},
		{"Int8", map[string]any{}, nil},
		{"Text", map[string]any{}, nil},
		{"Bytes", map[string]any{}, nil},
		{"Float64s", map[string]any{}, nil},
		{"Int8", json.Number("-128"), int8(-128)},
		{"Int8", json.Number("128"), nil},
		{"Int8", json.Number("1.5"), nil},
		{"Int8", json.Number("1.0"), int8(1)},
		{"Int8", json.Number("1e2"), int8(100)},
		{"Int8", json.Number("1e1000000000"), nil},
		{"Int8", json.Number(""), nil},
		{"Int8", json.Number("x"), nil},
		{"Int16", math.MinInt16, int16(math.MinInt16)},
		{"Int16", math.MaxInt16 + 1, nil},
		{"Int32", int64(math.MaxInt32), int32(math.MaxInt32)},
		{"Int32", int64(math.MaxInt32) + 1, nil},
		{"Int64", uint64(math.MaxInt64), int64(math.MaxInt64)},
		{"Int64", uint64(math.MaxInt64) + 1, nil},
		{"Int64", float64(1 << 62), int64(1 << 62)},
		{"Int64", float64(1 << 63), nil},
		{"Int64", math.NaN(), nil},
		{"Int64", math.Inf(1), nil},
		{"Int64", json.Number("9223372036854775807"), int64(math.MaxInt64)},
		{"Int64", json.Number("9007199254740993"), int64(9007199254740993)},
		{"Int64", json.Number("9007199254740993.0"), nil}, // a float64 would round it

		{"Uint8", 255, uint8(255)},
		{"Uint8", 256, nil},
		{"Uint8", -1, nil},
		{"Uint8", -1.0, nil},
		{"Uint16", math.MaxUint16, uint16(math.MaxUint16)},
		{"Uint16", math.MaxUint16 + 1, nil},
		{"Uint32", int64(math.MaxUint32), uint32(math.MaxUint32)},
		{"Uint32", int64(math.MaxUint32) + 1, nil},
		{"Uint64", uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{"Uint64", json.Number("18446744073709551615"), uint64(math.MaxUint64)},
		{"Uint64", json.Number("18446744073709551616"), nil},
		{"Uint64", json.Number("-1"), nil},

		{"Float32", 0.5, float32(0.5)},
		{"Float32", math.MaxFloat64, nil},
		{"Float32", math.Inf(1), float32(math.Inf(1))},
		{"Float32", 7, float32(7)},
		{"Float32", json.Number("0.25"), float32(0.25)},
		{"Float32", json.Number("1e39"), nil},
		{"Float64", float32(0.5), 0.5},
		{"Float64", uint8(7), 7.0},
		{"Float64", json.Number("-1e-3"), -1e-3},
		{"Float64", json.Number("1e309"), nil},
		{"Float64", "1", nil},

		{"Text", "Zoë\x00", "Zoë\x00"},
		{"Text", "", ""},
		{"Text", name("Ada"), "Ada"},
		{"Text", []byte("Ada"), nil},
		{"Text", 1, nil},
		{"Text", json.Number("1"), nil},
		{"Text", nil, nil},

		{"Bytes", []byte{0, 1, 255}, []byte{0, 1, 255}},
		{"Bytes", []byte(nil), []byte(nil)},
		{"Bytes", "AAH/", nil}, // how to write bytes as text is not this package's business
		{"Bytes", []int{1}, nil},
	} {
		r, err := echo.Call(t.Context(), c.function, c.arg)
		assert.Equal(t, "1", r.Version)
		if c.want != nil {
			require.NoError(t, err, "%s(%#v)", c.function, c.arg)
			assert.Equal(t, c.want, r.Value)
			continue
		}
		var e *host.Error
		require.ErrorAs(t, err, &e, "%s(%#v)", c.function, c.arg)
		assert.ErrorIs(t, err, host.ErrArgument)
		assert.Equal(t, host.StepCall, e.Step)
		assert.ErrorContains(t, err, "argument 1 of "+c.function)
		assert.Nil(t, r.Value)
	}
}

func TestDynamicCalls(t *testing.T) {
	echo := newSlot(t, "echo", []string{libtest.Build(t, "echo", "7")})
	call := func(function string, args ...any) any {
		t.Helper()
		r, err := echo.Call(t.Context(), function, args...)
		require.NoError(t, err)
		assert.Equal(t, "7", r.Version)
		return r.Value
	}
	assert.Equal(t, `-1 1.5 2 "Ada" -0.5 true -3 00ff 4294967295`,
		call("Mixed", -1, 1.5, 2, "Ada", -0.5, true, -3, []byte{0, 255}, uint32(math.MaxUint32)))
	assert.Equal(t, int64(1234567890), call("Digits", 1, 2, 3, 4, 5, 6, 7, 8, 9, 0))
	assert.Equal(t, int64(-1101101101), call("Digits", -1, -1, 0, -1, -1, 0, -1, -1, 0, -1), "they keep their signs")
	assert.Equal(t, 12345678.0, call("Floats", 1, 2, 3, 4, 5, 6, 7, 8))
	assert.Equal(t, "abcd", call("Join", "a", "b", "c", "d"))
	assert.Equal(t, "text", call("CString", "text"))
	assert.Nil(t, call("Nothing"))
	assert.Nil(t, call("Check", true))
	assert.Equal(t, 0.5, call("Divide", 1, 2))
}

func TestDynamicErrors(t *testing.T) {
	echo := open(t, libtest.Build(t, "echo", "1"))
	fails := func(reason error, says, function string, args ...any) {
		t.Helper()
		r, err := echo.Call(t.Context(), function, args...)
		assert.ErrorIs(t, err, reason)
		assert.ErrorContains(t, err, says)
		assert.Equal(t, host.Result{Version: "1"}, r)
	}
	fails(host.ErrFunction, `"None"`, "None")
	fails(host.ErrFunction, `"hotso_stop"`, "hotso_stop", 0)
	fails(host.ErrArgument, "takes 1 arguments, not 0: func(v int8) int8", "Int8")
	fails(host.ErrArgument, "takes 0 arguments, not 1", "Calls", 1)
	fails(host.ErrArgument, "argument 2 of Divide", "Divide", 1, "2")
	fails(host.ErrArgument, "too many parameters", "Nine", 1, 2, 3, 4, 5, 6, 7, 8, 9)
	fails(host.ErrCall, "division by zero", "Divide", 1, 0)
	fails(host.ErrCall, "not ok", "Check", false)
}

// ofVersion is the text of the version that is called.
type ofVersion struct{ err error }

func (a ofVersion) ArgumentOf(lib *host.Library, t abi.Type) (any, error) {
	return lib.Name() + " v" + lib.Version() + ", " + string(t), a.err
}

func TestVersionArguments(t *testing.T) {
	slot := newSlot(t, "echo", []string{libtest.Build(t, "echo", "1"), libtest.Build(t, "echo", "2")})
	args := []any{ofVersion{}}
	r, err := slot.Call(t.Context(), "Text", args...)
	require.NoError(t, err)
	assert.Equal(t, host.Result{Value: "echo v2, string", Version: "2"}, r)
	assert.Equal(t, []any{ofVersion{}}, args, "they are the caller's")
	r, err = slot.Current().Call(t.Context(), "Text", args...)
	require.NoError(t, err)
	assert.Equal(t, "echo v2, string", r.Value)
	reason := errors.New("no such thing")
	_, err = slot.Call(t.Context(), "Text", ofVersion{reason})
	require.ErrorIs(t, err, host.ErrArgument)
	require.ErrorIs(t, err, reason)
}
