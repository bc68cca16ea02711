package host_test

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// thereAndBack sends values through the function of an echo.
func thereAndBack[T any](t *testing.T, c host.Caller, name string, values ...T) {
	t.Helper()
	f, err := host.Func1[T, T](c, name)
	require.NoError(t, err)
	for _, v := range values {
		assert.Equal(t, v, must(f(t.Context(), v))(t), name)
	}
}

func TestTypesThereAndBack(t *testing.T) {
	echo := open(t, libtest.Build(t, "echo", "1"))
	thereAndBack(t, echo, "Bool", true, false)
	thereAndBack[int8](t, echo, "Int8", 0, 1, -1, math.MinInt8, math.MaxInt8)
	thereAndBack[int16](t, echo, "Int16", 0, 1, -1, math.MinInt16, math.MaxInt16)
	thereAndBack[int32](t, echo, "Int32", 0, 1, -1, math.MinInt32, math.MaxInt32)
	thereAndBack[int64](t, echo, "Int64", 0, 1, -1, math.MinInt64, math.MaxInt64)
	thereAndBack[uint8](t, echo, "Uint8", 0, 1, math.MaxUint8)
	thereAndBack[uint16](t, echo, "Uint16", 0, 1, math.MaxUint16)
	thereAndBack[uint32](t, echo, "Uint32", 0, 1, math.MaxUint32)
	thereAndBack[uint64](t, echo, "Uint64", 0, 1, math.MaxUint64)
	thereAndBack(t, echo, "Float32", 0, 1.5, -1, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(-1)))
	thereAndBack(t, echo, "Float64", 0, 1.5, -1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1))
}

// Values that == does not distinguish: the bits must come back.
func TestFloatBits(t *testing.T) {
	echo := open(t, libtest.Build(t, "echo", "1"))
	f32 := must(host.Func1[float32, float32](echo, "Float32"))(t)
	f64 := must(host.Func1[float64, float64](echo, "Float64"))(t)
	for _, bits := range []uint32{1 << 31, 0x7fc00001, 0xffc00002} { // -0, NaN with a payload
		assert.Equal(t, bits, math.Float32bits(must(f32(t.Context(), math.Float32frombits(bits)))(t)))
	}
	for _, bits := range []uint64{1 << 63, 0x7ff8000000000001, 0xfff8000000000002} {
		assert.Equal(t, bits, math.Float64bits(must(f64(t.Context(), math.Float64frombits(bits)))(t)))
	}
}

func TestTextThereAndBack(t *testing.T) {
	echo := open(t, libtest.Build(t, "echo", "1"))
	long := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	texts := []string{"", "x", "a\x00b", "\xff\xfe", "Zoë 👋", long[:511], long[:512], long[:513], long}
	thereAndBack(t, echo, "Text", texts...)
	for _, s := range texts {
		b := must(must(host.Func1[[]byte, []byte](echo, "Bytes"))(t)(t.Context(), []byte(s)))(t)
		assert.True(t, s == string(b))
	}
	cstring := must(host.Func1[string, string](echo, "CString"))(t)
	assert.Equal(t, "a", must(cstring(t.Context(), "a\x00b"))(t), "ends at NUL")
	assert.Empty(t, must(cstring(t.Context(), ""))(t))
	assert.True(t, long == must(cstring(t.Context(), long))(t))
}

// The bytes that come back are the caller's, not the frame's.
func TestBytesBelongToTheCaller(t *testing.T) {
	echo := open(t, libtest.Build(t, "echo", "1"))
	reverse := must(host.Func1[[]byte, []byte](echo, "Reverse"))(t)
	one := must(reverse(t.Context(), []byte("abc")))(t)
	for range 100 {
		two := must(reverse(t.Context(), []byte("xyz")))(t)
		two[0] = '!'
	}
	assert.Equal(t, "cba", string(one))
	assert.Empty(t, must(reverse(t.Context(), nil))(t))
}

// A result that is larger than the buffer is fetched; the function does not
// run again.
func TestLargeResultRunsOnce(t *testing.T) {
	echo := open(t, libtest.Build(t, "echo", "1"))
	big := must(host.Func2[uint64, uint8, []byte](echo, "Big"))(t)
	calls := must(host.Func0[int64](echo, "Calls"))(t)
	for i, n := range []uint64{0, 1, 512, 513, 4096, 1 << 20} {
		got := must(big(t.Context(), n, 7))(t)
		assert.True(t, bytes.Equal(bytes.Repeat([]byte{7}, int(n)), got), "%d bytes", n)
		assert.EqualValues(t, i+1, must(calls(t.Context()))(t))
	}
}

func TestNamedTypes(t *testing.T) {
	type (
		age   int32
		name  string
		blob  []byte
		yesNo bool
		ratio float64
	)
	echo := open(t, libtest.Build(t, "echo", "1"))
	thereAndBack[age](t, echo, "Int32", 42)
	thereAndBack[name](t, echo, "Text", "Ada")
	thereAndBack(t, echo, "Bytes", blob("Ada"))
	thereAndBack[yesNo](t, echo, "Bool", true)
	thereAndBack(t, echo, "Float64", ratio(0.5))
}

func TestSeveralParameters(t *testing.T) {
	echo := open(t, libtest.Build(t, "echo", "1"))
	ctx := t.Context()
	join := must(host.Func4[string, string, string, string, string](echo, "Join"))(t)
	assert.Equal(t, "one, two", must(join(ctx, "one", ", ", "", "two"))(t))
	weigh := must(host.Func4[float64, int8, float32, int64, float64](echo, "Weigh"))(t)
	assert.Equal(t, -5679.5, must(weigh(ctx, 0.5, -8, 4, -6))(t))
	divide := must(host.Func2[float64, float64, float64](echo, "Divide"))(t)
	assert.Equal(t, 0.75, must(divide(ctx, 3, 4))(t))
	nothing := must(host.Func0[host.None](echo, "Nothing"))(t)
	assert.Equal(t, host.None{}, must(nothing(ctx))(t))
	check := must(host.Func1[bool, host.None](echo, "Check"))(t)
	assert.Equal(t, host.None{}, must(check(ctx, true))(t))
}

// refuses says that binding fails for that reason.
func refuses[F any](t *testing.T, reason error, says string) func(F, error) {
	return func(_ F, err error) {
		t.Helper()
		var e *host.Error
		require.ErrorAs(t, err, &e)
		assert.ErrorIs(t, err, reason)
		assert.Equal(t, host.StepBind, e.Step)
		assert.ErrorContains(t, err, says)
	}
}

func TestWrongTypesAreRefusedWhenBound(t *testing.T) {
	path := libtest.Build(t, "echo", "1")
	for what, c := range map[string]host.Caller{"library": open(t, path), "slot": newSlot(t, "echo", []string{path})} {
		t.Run(what, func(t *testing.T) {
			type f0[R any] = func(context.Context) (R, error)
			type f1[A, R any] = func(context.Context, A) (R, error)
			refuses[f1[int, int]](t, host.ErrArgument, "int does not cross")(host.Func1[int, int](c, "Int64"))
			refuses[f1[any, string]](t, host.ErrArgument, "interface {}")(host.Func1[any, string](c, "Text"))
			refuses[f1[*int8, int8]](t, host.ErrArgument, "*int8")(host.Func1[*int8, int8](c, "Int8"))
			refuses[f0[struct{ x int8 }]](t, host.ErrArgument, "struct")(host.Func0[struct{ x int8 }](c, "Calls"))
			refuses[f1[[]string, string]](t, host.ErrArgument, "[]string")(host.Func1[[]string, string](c, "Text"))

			refuses[f1[int64, int32]](t, host.ErrSignature, "bound as func(int64) int32")(host.Func1[int64, int32](c, "Int32"))
			refuses[f1[int32, uint32]](t, host.ErrSignature, "Int32 is func(v int32) int32")(host.Func1[int32, uint32](c, "Int32"))
			refuses[f0[int32]](t, host.ErrSignature, "bound as func() int32")(host.Func0[int32](c, "Int32"))
			refuses[f1[string, []byte]](t, host.ErrSignature, "Text is")(host.Func1[string, []byte](c, "Text"))
			refuses[f1[int8, host.None]](t, host.ErrSignature, "Int8 is")(host.Func1[int8, host.None](c, "Int8"))
			refuses[f0[int8]](t, host.ErrFunction, "Int7")(host.Func0[int8](c, "Int7"))
			refuses[f0[int32]](t, host.ErrFunction, "hotso_take_status")(host.Func0[int32](c, "hotso_take_status"))
		})
	}
}

func TestCallsOutsideOfALife(t *testing.T) {
	slot := host.NewSlot("echo")
	calls := must(host.Func0[int64](slot, "Calls"))(t)
	fails := func(reason error) {
		t.Helper()
		_, err := calls(t.Context())
		assert.ErrorIs(t, err, reason)
		_, err = slot.Call(t.Context(), "Calls")
		assert.ErrorIs(t, err, reason)
		assert.ErrorContains(t, err, "echo")
	}
	fails(host.ErrEmpty)
	_, err := slot.Swap(t.Context(), libtest.Build(t, "echo", "1"))
	require.NoError(t, err)
	must(calls(t.Context()))(t)
	lib := slot.Current()
	fixed := must(host.Func0[int64](lib, "Calls"))(t)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = calls(ended)
	assert.ErrorIs(t, err, context.Canceled)
	_, err = slot.Call(ended, "Calls")
	assert.ErrorIs(t, err, context.Canceled)
	_, err = lib.Call(ended, "Calls")
	assert.ErrorIs(t, err, context.Canceled)

	requireNothingLeft(t)(slot.Close(t.Context()))
	fails(host.ErrClosed)
	_, err = fixed(t.Context())
	assert.ErrorIs(t, err, host.ErrClosed)
	_, err = lib.Call(t.Context(), "Calls")
	assert.ErrorIs(t, err, host.ErrClosed)
	assert.ErrorIs(t, lib.Health(t.Context()), host.ErrClosed)
}
