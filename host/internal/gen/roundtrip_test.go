package gen_test

import (
	"context"
	"encoding/json"
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	greeter "github.com/hotso/hotso/libgreeter/client"
	echo "github.com/hotso/hotso/testdata/libs/echo/client"
)

func open(t *testing.T, path string, opts ...host.Option) *host.Library {
	lib, err := host.Open(t.Context(), path, opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := lib.Close(context.Background()) // t.Context() has ended by now
		assert.NoError(t, err)
	})
	return lib
}

// equals calls a function and compares its result.
func equals[T any](t *testing.T, want T) func(T, error) {
	return func(got T, err error) {
		t.Helper()
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

// fails expects an error that contains a text, and the zero value.
func fails[T any](t *testing.T, says string) func(T, error) {
	return func(got T, err error) {
		t.Helper()
		require.ErrorIs(t, err, host.ErrCall)
		assert.ErrorContains(t, err, says)
		assert.Zero(t, got)
	}
}

func TestGreeterThroughItsClient(t *testing.T) {
	ctx := t.Context()
	c, err := greeter.New(open(t, libtest.Greeter(t, "2")))
	require.NoError(t, err)
	equals(t, "Hello, Golang! (v2)")(c.Greet(ctx))
	equals(t, int32(math.MinInt32))(c.Add(ctx, math.MaxInt32, 1))
	equals(t, "Hello, Zoë\x00! (v2)")(c.GreetName(ctx, "Zoë\x00"))
	fails[string](t, "the name is empty")(c.GreetName(ctx, ""))
}

// TestEveryTypeThroughTheClient calls every function of echo.
func TestEveryTypeThroughTheClient(t *testing.T) {
	ctx := t.Context()
	c, err := echo.New(open(t, libtest.Build(t, "echo", "1")))
	require.NoError(t, err)

	equals(t, true)(c.Bool(ctx, true))
	equals(t, false)(c.Bool(ctx, false))
	equals(t, int8(math.MinInt8))(c.Int8(ctx, math.MinInt8))
	equals(t, int16(math.MinInt16))(c.Int16(ctx, math.MinInt16))
	equals(t, int32(math.MinInt32))(c.Int32(ctx, math.MinInt32))
	equals(t, int64(math.MinInt64))(c.Int64(ctx, math.MinInt64))
	equals(t, uint8(math.MaxUint8))(c.Uint8(ctx, math.MaxUint8))
	equals(t, uint16(math.MaxUint16))(c.Uint16(ctx, math.MaxUint16))
	equals(t, uint32(math.MaxUint32))(c.Uint32(ctx, math.MaxUint32))
	equals(t, uint64(math.MaxUint64))(c.Uint64(ctx, math.MaxUint64))
	equals(t, float32(math.SmallestNonzeroFloat32))(c.Float32(ctx, math.SmallestNonzeroFloat32))
	equals(t, math.Inf(-1))(c.Float64(ctx, math.Inf(-1)))
	equals(t, 21.5)(c.Warmer(ctx, 20.5))
	equals(t, 0.25)(c.Divide(ctx, 1, 4))
	fails[float64](t, "division by zero")(c.Divide(ctx, 1, 0))
	require.NoError(t, c.Check(ctx, true))
	require.ErrorIs(t, c.Check(ctx, false), host.ErrCall)
	require.NoError(t, c.Nothing(ctx))
	err = c.Panics(ctx, "boom")
	require.ErrorIs(t, err, host.ErrPanic)
	assert.ErrorContains(t, err, "boom")

	equals(t, "a\x00ä")(c.Text(ctx, "a\x00ä"))
	equals(t, "")(c.Text(ctx, ""))
	equals(t, "a")(c.Owned(ctx, "a\x00ä"))
	equals(t, "ÄB")(c.Upper(ctx, "äb"))
	equals(t, []byte{0, 255})(c.Bytes(ctx, []byte{0, 255}))
	equals(t, []byte{3, 2, 1})(c.Reverse(ctx, []byte{1, 2, 3}))
	equals(t, []byte(strings.Repeat("x", 1<<16)))(c.Big(ctx, 1<<16, 'x'))
	equals(t, int64(2))(c.Calls(ctx))
	equals(t, `-1 1.5 2 "Ada" -0.5 true -3 00ff`)(c.Many(ctx, -1, 1.5, 2, "Ada", -0.5, true, -3, []byte{0, 255}))

	equals(t, []int8{-128, 127})(c.Int8s(ctx, []int8{-128, 127}))
	equals(t, []int16{-1, 2})(c.Int16s(ctx, []int16{-1, 2}))
	equals(t, []int32{-1, 2, 3})(c.Int32s(ctx, []int32{-1, 2, 3}))
	equals(t, []int64{math.MinInt64})(c.Int64s(ctx, []int64{math.MinInt64}))
	equals(t, []uint16{1, 65535})(c.Uint16s(ctx, []uint16{1, 65535}))
	equals(t, []uint32{1, math.MaxUint32})(c.Uint32s(ctx, []uint32{1, math.MaxUint32}))
	equals(t, []uint64{1, math.MaxUint64})(c.Uint64s(ctx, []uint64{1, math.MaxUint64}))
	equals(t, []float32{1.5, -0.5, 0})(c.Float32s(ctx, []float32{1.5, -0.5, 0}))
	equals(t, []float64(nil))(c.Float64s(ctx, nil))
	many := make([]float64, 10_001) // more than fit into the host's buffer, and not a multiple of its size
	for i := range many {
		many[i] = float64(i)
	}
	equals(t, many)(c.Float64s(ctx, many))
	equals(t, []float64{1, 3})(c.Rising(ctx, []float64{1, 0, 3, 2}))
	equals(t, 6.5)(c.Sum(ctx, []float64{1, 2, 3.5}))
	fails[float64](t, "nothing to add")(c.Sum(ctx, nil))

	s := echo.Scalars{A: -1, B: math.MinInt64, C: 255, D: 1.5, E: true, F: -2, G: math.MaxUint64, H: 65535, I: -273.15,
		J: math.MinInt32, K: math.MaxUint32}
	equals(t, s)(c.Struct(ctx, s))
	a, b := echo.Point{X: 1, Y: 2}, echo.Point{X: 3, Y: -4}
	equals(t, echo.Line{From: b, To: a, Dashed: true})(c.Turn(ctx, echo.Line{From: a, To: b, Dashed: true}))
	equals(t, echo.Point{X: 2, Y: -1})(c.Middle(ctx, a, b))
	fails[echo.Point](t, "one point")(c.Middle(ctx, a, a))
	equals(t, int32(1))(c.Inside(ctx, a, echo.Point{X: 9, Y: 9}, []float64{2, 0}, []float64{3, 3}))
}

// TestDynamic calls with arguments as encoding/json decodes them.
func TestDynamic(t *testing.T) {
	lib := open(t, libtest.Build(t, "echo", "1"))
	call := func(name string, args ...any) (any, error) {
		r, err := lib.Call(t.Context(), name, args...)
		return r.Value, err
	}
	point := func(x, y any) map[string]any { return map[string]any{"X": x, "Y": y} }

	equals[any](t, []int32{1, -2})(call("Int32s", []any{json.Number("1"), -2.0}))
	equals[any](t, []int32{1, -2})(call("Int32s", []int32{1, -2}))
	equals[any](t, []byte{2, 1})(call("Reverse", []byte{1, 2}))
	middle, err := call("Middle", point(1.0, json.Number("2")), echo.Point{X: 3, Y: 4})
	require.NoError(t, err)
	text, err := json.Marshal(middle)
	require.NoError(t, err)
	assert.JSONEq(t, `{"X": 2, "Y": 3}`, string(text))
	line, err := call("Turn", map[string]any{"From": point(1, 2), "To": point(3, 4), "Dashed": true})
	require.NoError(t, err)
	text, err = json.Marshal(line)
	require.NoError(t, err)
	assert.JSONEq(t, `{"From": {"X": 3, "Y": 4}, "To": {"X": 1, "Y": 2}, "Dashed": true}`, string(text))

	for _, test := range []struct {
		name string
		args []any
		says string
	}{
		{"Int32s", []any{"text"}, "is not of type []int32"},
		{"Int32s", []any{[]int64{1}}, "is not of type []int32"},
		{"Int32s", []any{nil}, "is not of type []int32"},
		{"Int32s", []any{[]any{1, 2.5}}, "element 1"},
		{"Int32s", []any{[]any{1 << 40}}, "element 0"},
		{"Text", []any{[]any{1}}, "is not of type string"},
		{"Reverse", []any{[]any{1, 2}}, "is not of type []byte"},
		{"Middle", []any{point(1, 2), point("x", 2)}, "argument 2 of Middle: field X"},
		{"Middle", []any{point(1, 2), map[string]any{"X": 1}}, "is not of type struct"},
		{"Middle", []any{point(1, 2), map[string]any{"X": 1, "Z": 2}}, "field Y is missing"},
		{"Middle", []any{point(1, 2), struct{ X, Z float64 }{1, 2}}, "is not of type struct"},
	} {
		_, err := call(test.name, test.args...)
		require.ErrorIs(t, err, host.ErrArgument, "%v", test.args)
		assert.ErrorContains(t, err, test.says)
	}
}

func TestFieldsAreTheSignature(t *testing.T) {
	lib := open(t, libtest.Build(t, "echo", "1"))
	type swapped struct{ Y, X float64 }
	_, err := host.Func2[swapped, swapped, swapped](lib, "Middle")
	require.ErrorIs(t, err, host.ErrSignature)
	_, err = host.Func1[struct{ x float64 }, host.None](lib, "Nothing")
	require.ErrorIs(t, err, host.ErrArgument)
	_, err = host.Func1[struct{ P *int }, host.None](lib, "Nothing")
	require.ErrorIs(t, err, host.ErrArgument)
	_, err = host.Func1[[]int, host.None](lib, "Nothing")
	require.ErrorIs(t, err, host.ErrArgument)
}

// TestThroughTheHeader compiles a C program with echo's header and runs it.
func TestThroughTheHeader(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip(err)
	}
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	library := libtest.Build(t, "echo", "1")
	program := filepath.Join(t.TempDir(), "echo")
	out, err := exec.Command(cc, "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"+root+"/include",
		"-I"+root+"/testdata/libs/echo/include", "-o", program, "testdata/echo.c", "-ldl", "-lm").CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.Command(program, library).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.NotContains(t, string(out), "WRONG")
	assert.Contains(t, string(out), "Parallel, of other types: ok\n", "it came to its end")
}
