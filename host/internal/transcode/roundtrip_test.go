package transcode_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/shapestest"
)

// Random values of all types go from Go to the wire, to JSON, to the wire, and to Go.
func TestRandomValues(t *testing.T) {
	w, s, contracts := newShapes(t)
	for seed := range uint64(300) {
		g := shapestest.New(seed)
		everything := shapestest.Value[shapes.Everything](g, 6)
		everything.Hide("", g.IntN(100)) // JSON has no unexported fields
		everything.Raw = []json.RawMessage{nil, json.RawMessage(`{"a":[1,null]}`), json.RawMessage(`"é"`)}[g.IntN(3)]
		if everything.Far != nil && *everything.Far == nil {
			everything.Far = nil // null is the outer pointer
		}
		got := throughJSON(t, w, method(t, contracts, "Shapes_Echo"), func() (shapes.Everything, error) { return s.Echo(t.Context(), everything) })
		shapestest.Same(t, everything, got, seed)

		lists := shapestest.Value[shapes.Lists](g, 6)
		gotLists := throughJSON(t, w, method(t, contracts, "Shapes_EchoLists"), func() (shapes.Lists, error) { return s.EchoLists(lists) })
		shapestest.Same(t, lists, gotLists, seed)

		node := shapestest.Value[shapes.Node](g, 6)
		gotNode := throughJSON(t, w, method(t, contracts, "Shapes.EchoNode"), func() (*shapes.Node, error) { return s.EchoNode(&node) })
		shapestest.Same(t, &node, gotNode, seed)
	}
}

// What encoding/json writes of types that it knows is what is written, byte by byte.
func TestSameAsEncodingJSON(t *testing.T) {
	w, s, contracts := newShapes(t)
	m := method(t, contracts, "Shapes_EchoNode")
	for seed := range uint64(200) {
		node := shapestest.Value[shapes.Node](shapestest.New(seed), 7)
		w.reply = nil
		_, _ = s.EchoNode(&node)
		got, err := results(m, values(w.args))
		require.NoError(t, err)
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(node))
		require.Equal(t, want.String(), got+"\n", "seed %d", seed)
	}
}

func TestExtremeValues(t *testing.T) {
	w, s, contracts := newShapes(t)
	m := method(t, contracts, "Shapes_Echo")
	e := shapes.Everything{
		Int: math.MinInt64, Int64: math.MaxInt64, Uint: math.MaxUint, Uint64: math.MaxUint64, Int8: -128,
		Float32: math.SmallestNonzeroFloat32, Float64: math.Inf(-1), Duration: math.MinInt64, Bytes: []byte{},
		Complex128: complex(math.MaxFloat64, math.Inf(1)), String: "\x00\u2028<>", Map: map[string]string{"": ""},
		Big: *new(big.Int).Lsh(big.NewInt(1), 300), Err: shapes.ErrSad, Figure: (*shapes.Circle)(nil),
		Value: []shapes.Value{nil, []byte{}, map[string]shapes.Value{}}, Color: shapes.Blue,
		ByPoint: map[shapes.Point]bool{{X: 1}: true, {X: math.Inf(1)}: false},
	}
	for _, at := range []time.Time{
		{}, time.Now(), time.Now().UTC(), time.Unix(0, 1).In(time.FixedZone("", 0)), time.Unix(1, 999_999_999).In(time.FixedZone("", -3600)),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		e.Time = at
		got := throughJSON(t, w, m, func() (shapes.Everything, error) { return s.Echo(t.Context(), e) })
		shapestest.Same(t, e, got, 0)
		if at.Location() == time.UTC {
			assert.Equal(t, time.UTC, got.Time.Location())
		}
	}
	e.Time = time.Unix(0, 0).In(time.FixedZone("LMT", 1234)) // RFC 3339 has no seconds
	got := throughJSON(t, w, m, func() (shapes.Everything, error) { return s.Echo(t.Context(), e) })
	assert.True(t, e.Time.Equal(got.Time))

	for year, good := range map[int]bool{9999: true, 10000: false, -1: false} {
		w.reply = nil
		_, _ = s.Echo(t.Context(), shapes.Everything{Time: time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)})
		_, err := results(m, values(w.args))
		assert.Equal(t, good, err == nil, "%d: %v", year, err)
	}
}
