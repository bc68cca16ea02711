package wire_test

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/wire"
)

type point struct {
	X   float64
	Tag uint8
}

// backAndForth writes v and a guard after it, and reads both.
func backAndForth[T any](t *testing.T, v T, want []byte) {
	t.Helper()
	c, err := wire.Of(reflect.TypeFor[T]())
	require.NoError(t, err)
	b := c.Append(nil, unsafe.Pointer(&v))
	assert.Equal(t, want, b)
	var back T
	rest, err := c.Read(append(b, "guard"...), unsafe.Pointer(&back))
	require.NoError(t, err)
	assert.Equal(t, "guard", string(rest))
	assert.Equal(t, v, back)
	for n := range b {
		if _, err := c.Read(b[:n:n], unsafe.Pointer(&back)); err != nil {
			assert.ErrorIs(t, err, wire.ErrShort)
		}
	}
}

func TestCodec(t *testing.T) {
	backAndForth(t, int8(-1), []byte{255, 0, 0, 0, 0, 0, 0, 0})
	backAndForth(t, uint64(1<<56), []byte{0, 0, 0, 0, 0, 0, 0, 1})
	backAndForth(t, true, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	backAndForth(t, float32(1), []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0})
	backAndForth(t, "", make([]byte, 8))
	backAndForth(t, "a\x00é", []byte{4, 0, 0, 0, 0, 0, 0, 0, 'a', 0, 0xc3, 0xa9, 0, 0, 0, 0})
	backAndForth(t, []byte("12345678"), append([]byte{8, 0, 0, 0, 0, 0, 0, 0}, "12345678"...))
	backAndForth(t, []uint16{1, 2, 3, 4, 5}, []byte{5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0, 0, 0, 0, 0, 0})
	backAndForth(t, []float64{}, make([]byte, 8))
	backAndForth(t, point{1, 7}, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 7, 0, 0, 0, 0, 0, 0, 0})
	backAndForth(t, struct{}{}, nil)

	_, err := wire.Of(reflect.TypeFor[[]string]())
	require.ErrorContains(t, err, "does not cross")

	c, err := wire.Of(reflect.TypeFor[[]int64]())
	require.NoError(t, err)
	assert.Equal(t, abi.Type("[]int64"), c.Type)
}

func TestFuncOf(t *testing.T) {
	type text string
	for want, f := range map[string]reflect.Type{
		"func([]int64) error":                      reflect.TypeFor[func([]int64) struct{}](),
		"func() (string, error)":                   reflect.TypeFor[func() text](),
		"func(int8, bool) ([]byte, error)":         reflect.TypeFor[func(int8, bool) []byte](),
		"func(struct{X float64; Tag uint8}) error": reflect.TypeFor[func(point) struct{}](),
	} {
		got := wire.FuncOf(f)
		require.NoError(t, got.Err)
		assert.Equal(t, want, got.Signature)
		assert.Len(t, got.Params, f.NumIn())
		assert.Same(t, got, wire.FuncOf(f))
	}
	bad := wire.FuncOf(reflect.TypeFor[func(int, chan int8) struct{}]())
	assert.ErrorContains(t, bad.Err, "int does not cross")
	assert.ErrorContains(t, bad.Err, "chan int8 does not cross")
}

// Any bytes are either read or refused, and nothing is read beyond their end.
func FuzzCodec(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzz[string](t, b)
		fuzz[[]byte](t, b)
		fuzz[[]int16](t, b)
		fuzz[[]uint64](t, b)
		fuzz[point](t, b)
		fuzz[int32](t, b)
	})
}

func fuzz[T any](t *testing.T, b []byte) {
	c, err := wire.Of(reflect.TypeFor[T]())
	require.NoError(t, err)
	var v, again T
	if _, err := c.Read(b, unsafe.Pointer(&v)); err != nil {
		return
	}
	_, err = c.Read(c.Append(nil, unsafe.Pointer(&v)), unsafe.Pointer(&again))
	require.NoError(t, err)
	if !reflect.DeepEqual(v, again) { // not for NaN
		assert.Equal(t, c.Append(nil, unsafe.Pointer(&v)), c.Append(nil, unsafe.Pointer(&again)))
	}
}
