package number_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/number"
)

func TestSet(t *testing.T) {
	for _, test := range []struct {
		text string
		want any // nil: none, for the type of zero
		zero any
	}{
		{"-128", int8(-128), nil},
		{"128", nil, int8(0)},
		{"1e3", int16(1000), nil},
		{"1.0", uint8(1), nil},
		{"1.5", nil, int64(0)},
		{"9007199254740993", int64(9007199254740993), nil},
		{"9007199254740993.0", nil, int64(0)},
		{"1e300", nil, int64(0)},
		{"18446744073709551615", uint64(18446744073709551615), nil},
		{"-1", nil, uint64(0)},
		{"1e-2", 0.01, nil},
		{"1e39", nil, float32(0)},
		{"", nil, int32(0)},
		{"one", nil, 0.0},
		{"1", nil, "text"},
		{"1", nil, true},
	} {
		zero := test.zero
		if test.want != nil {
			zero = test.want
		}
		v := reflect.New(reflect.TypeOf(zero)).Elem()
		assert.Equal(t, test.want != nil, number.Set(v, test.text), "%s as %T", test.text, zero)
		if test.want != nil {
			assert.Equal(t, test.want, v.Interface())
		} else {
			assert.True(t, v.IsZero())
		}
	}
}
