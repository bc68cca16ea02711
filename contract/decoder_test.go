package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/shapestest"
)

// Texts share memory with each other, and with nothing else.
func TestTexts(t *testing.T) {
	var in []shapes.Word
	for n := range 300 {
		in = append(in, shapes.Word(strings.Repeat(string(rune('a'+n%26)), n*7%300)))
	}
	args := written(t, func(s shapes.Shapes) { _, _ = s.EchoLists(shapes.Lists{Nested: []map[string][]shapes.Word{{"": in}}}) })
	var reply []byte
	f := &fake{call: func(string, []byte) (_ []byte, err error) {
		reply, err = remotes(t)["EchoLists"].Call(t.Context(), args, nil)
		return reply, err
	}}
	out, err := f.bind(t).EchoLists(shapes.Lists{})
	require.NoError(t, err)
	clear(reply)
	assert.Equal(t, in, out.Nested[0][""])
}

// Who writes fields in another order than ours is understood.
func TestFieldsInAnyOrder(t *testing.T) {
	f := &fake{}
	for seed := range uint64(20) {
		in := shapestest.Value[shapes.Everything](shapestest.New(seed), 3)
		args := written(t, func(s shapes.Shapes) { _, _ = s.Echo(t.Context(), in) })
		echo := func(args []byte) shapes.Everything {
			f.call = func(string, []byte) ([]byte, error) { return remotes(t)["Echo"].Call(t.Context(), args, nil) }
			out, err := f.bind(t).Echo(t.Context(), shapes.Everything{})
			require.NoError(t, err)
			return out
		}
		want := echo(args)
		at := 8 + 4 + int(le(args[8:])) + 4 // past the context, and the length of the struct
		fields := fieldsOf(args[at:])
		require.Greater(t, len(fields), 10)
		slices.Reverse(fields)
		assert.Equal(t, want, echo(append(slices.Clone(args[:at]), slices.Concat(fields...)...)))
	}
}

// fieldsOf cuts the fields of a struct apart.
func fieldsOf(b []byte) (fields [][]byte) {
	for len(b) > 0 {
		n := 4
		if width := b[0] & 7; width == contract.WidthLength {
			n += 4 + int(le(b[4:]))
		} else {
			n += 1 << width
		}
		fields, b = append(fields, b[:n]), b[n:]
	}
	return fields
}
