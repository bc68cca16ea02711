package contract_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/served"
	"github.com/hotso/hotso/testdata/contracts/shapes/shapestest"
)

// bind returns the implementation of served, behind its own bytes.
func bind(t testing.TB) shapes.Shapes {
	t.Helper()
	shapes.Export(func() (shapes.Shapes, error) { return served.Shapes{Version: "1"}, nil })
	s, err := shapes.Bind(contract.InProcess)
	require.NoError(t, err)
	return s
}

// Random values of all types come back as they went.
func TestRandomValues(t *testing.T) {
	s := bind(t)
	var earlier []func() // what came stays what it was
	for seed := range uint64(300) {
		g := shapestest.New(seed)
		everything := shapestest.Value[shapes.Everything](g, 6)
		everything.Hide(g.Text(), g.IntN(100))
		got, err := s.Echo(t.Context(), everything)
		require.NoError(t, err, "seed %d", seed)
		shapestest.Same(t, everything, got, seed)

		lists := shapestest.Value[shapes.Lists](g, 6)
		gotLists, err := s.EchoLists(lists)
		require.NoError(t, err)
		shapestest.Same(t, lists, gotLists, seed)

		node := shapestest.Value[shapes.Node](g, 6)
		gotNode, err := s.EchoNode(&node)
		require.NoError(t, err)
		shapestest.Same(t, &node, gotNode, seed)
		earlier = append(earlier, func() {
			shapestest.Same(t, everything, got, seed)
			shapestest.Same(t, lists, gotLists, seed)
			shapestest.Same(t, &node, gotNode, seed)
		})
	}
	for _, check := range earlier {
		check()
	}
}

func TestExtremeValues(t *testing.T) {
	s := bind(t)
	e := shapes.Everything{
		Int: math.MinInt64, Int64: math.MaxInt64, Uint: math.MaxUint, Uint64: math.MaxUint64, Int8: -128,
		Float32: math.SmallestNonzeroFloat32, Float64: math.Inf(-1), String: strings.Repeat("x", 1<<20),
		Time: time.Now(), Duration: math.MinInt64, Bytes: []byte{}, Map: map[string]string{"": ""},
	}
	got, err := s.Echo(t.Context(), e)
	require.NoError(t, err)
	assert.NotContains(t, got.Time.String(), "m=", "the monotonic clock stays")
	shapestest.Same(t, e, got, 0)

	a, b, rest, err := s.Many(-1, "b", true, shapes.Point{X: 1}, shapes.Point{Y: 2})
	require.NoError(t, err)
	assert.Equal(t, []any{-1, "b", []shapes.Point{{X: 1}, {Y: 2}}}, []any{a, b, rest})
	_, _, rest, err = s.Many(1, "", true)
	require.NoError(t, err)
	assert.Nil(t, rest)
	assert.Equal(t, 3, s.Plain(2))
	s.Nothing()
}

func TestZones(t *testing.T) {
	s := bind(t)
	now := time.Now()
	berlin := time.FixedZone("CET", 3600)
	for _, at := range []time.Time{{}, now, now.UTC(), now.In(berlin), time.Unix(-1<<40, 999_999_999).In(berlin)} {
		got, err := s.Echo(t.Context(), shapes.Everything{Time: at})
		require.NoError(t, err)
		assert.True(t, at.Equal(got.Time), "%v %v", at, got.Time)
		_, want := at.Zone()
		_, have := got.Time.Zone()
		assert.Equal(t, want, have)
		assert.Equal(t, at.Location() == time.UTC, got.Time.Location() == time.UTC)
	}
}

func TestErrorsKeepTheirIdentity(t *testing.T) {
	s, ctx := bind(t), t.Context()
	fail := func(how string) error { _, err := s.Fail(ctx, how); return err }
	require.NoError(t, fail(""))

	err := fail("sentinel")
	require.ErrorIs(t, err, shapes.ErrSad)
	require.NotErrorIs(t, err, shapes.ErrLost)
	require.EqualError(t, err, "sad")
	err = fail("wrapped")
	require.ErrorIs(t, err, shapes.ErrSad)
	require.EqualError(t, err, "twice: once: sad")
	err = fail("joined")
	require.ErrorIs(t, err, shapes.ErrLost)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, "lost\nand unexpected EOF")
	err = fail("typed")
	var notFound *shapes.NotFound
	require.ErrorAs(t, err, &notFound)
	assert.Equal(t, "key", notFound.Name)
	assert.Equal(t, []string{"here", "there"}, notFound.Where)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.EqualError(t, err, "it: key was not found")
	var code shapes.Code
	require.ErrorAs(t, fail("code"), &code)
	assert.Equal(t, shapes.Code(7), code)
	err = fail("path")
	require.EqualError(t, err, "open /nonexistent/file: no such file or directory")
	require.EqualError(t, fail("secret"), "secret0")
	require.EqualError(t, fail("unregistered"), "of a type that nobody knows")
	require.EqualError(t, fail("other"), "other")
	require.ErrorIs(t, fail("eof"), io.EOF)

	var call *contract.CallError
	require.ErrorAs(t, err, &call)
	_, _, _, err = s.Many(1, "", false)
	require.ErrorIs(t, err, shapes.ErrSad)
}

// The tree of errors is bounded, and what is beyond is text.
func TestLargeErrors(t *testing.T) {
	s, ctx := bind(t), t.Context()
	for _, how := range []string{"deep", "wide", "long", "huge"} {
		_, err := s.Fail(ctx, how)
		require.Error(t, err)
		var call *contract.CallError
		require.ErrorAs(t, err, &call, how)
		assert.LessOrEqual(t, len(err.Error()), contract.MaxErrorText)
		switch how {
		case "wide":
			require.ErrorIs(t, err, shapes.ErrLost)
		case "long", "huge":
			require.ErrorIs(t, err, shapes.ErrSad)
		}
	}
}

func TestCycles(t *testing.T) {
	s := bind(t)
	n := &shapes.Node{Name: "a"}
	n.Next = n
	_, err := s.EchoNode(n)
	require.ErrorIs(t, err, contract.ErrCycle)
	require.ErrorContains(t, err, "Node.Next.Next.Next")
	n = &shapes.Node{Name: "b"}
	n.Children = []shapes.Node{{ByName: map[string]*shapes.Node{"up": n}}}
	_, err = s.EchoNode(n)
	require.ErrorIs(t, err, contract.ErrCycle)
	require.ErrorContains(t, err, "Node.Children[].ByName[].Children[].ByName[]")
	tree := make(shapes.Tree, 2)
	tree[0], tree[1] = tree, tree
	_, err = s.EchoNode(&shapes.Node{Tree: tree})
	require.ErrorIs(t, err, contract.ErrCycle)
	loop := []shapes.Value{nil}
	loop[0] = loop
	_, err = s.Echo(t.Context(), shapes.Everything{Value: loop})
	require.ErrorIs(t, err, contract.ErrCycle)
	_, err = s.EchoNode(&shapes.Node{Name: "cycle"})
	require.ErrorIs(t, err, contract.ErrCycle, "of the library")

	deep := &shapes.Node{}
	for range contract.MaxDepth - 1 {
		deep = &shapes.Node{Next: deep}
	}
	_, err = s.EchoNode(deep)
	require.NoError(t, err)
	_, err = s.EchoNode(&shapes.Node{Next: deep})
	require.ErrorIs(t, err, contract.ErrCycle)
}

func TestWhatCanNotCross(t *testing.T) {
	s, ctx := bind(t), t.Context()
	_, err := s.Echo(ctx, shapes.Everything{Figure: served.Unregistered()})
	require.ErrorIs(t, err, contract.ErrValue)
	require.ErrorContains(t, err, "Figure: a served.unregistered is not among the types")
	_, err = s.Echo(ctx, shapes.Everything{Value: make(chan int)})
	require.ErrorIs(t, err, contract.ErrValue)
	_, err = s.Echo(ctx, shapes.Everything{Letter: shapes.NewLetter("unsendable")})
	require.ErrorIs(t, err, contract.ErrValue)
	require.ErrorContains(t, err, "this letter can't be sent")
	assert.PanicsWithValue(t, "negative", func() { s.Plain(-1) })
}

func TestContext(t *testing.T) {
	s := bind(t)
	seen, err := s.Context(context.Background(), false)
	require.NoError(t, err)
	assert.Zero(t, seen)
	ctx, cancel := context.WithTimeout(shapes.WithTrace(t.Context(), "00-1-2"), time.Hour)
	seen, err = s.Context(ctx, false)
	require.NoError(t, err)
	assert.True(t, seen.Deadline)
	assert.Equal(t, "00-1-2", seen.Trace)
	assert.InDelta(t, time.Hour, seen.Left, float64(time.Minute))
	cancel()
	_, err = s.Context(ctx, true)
	require.ErrorIs(t, err, context.Canceled)
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = s.Context(ctx, true)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	seen, err = s.Context(shapes.WithTrace(t.Context(), strings.Repeat("x", contract.MaxCarriedBytes+1)), false)
	require.NoError(t, err)
	assert.Empty(t, seen.Trace)
}

func TestBorrowedArguments(t *testing.T) { shapestest.Borrowed(t, bind(t)) }

func TestFunctions(t *testing.T) { shapestest.Functions(t, bind(t)) }

func TestReaders(t *testing.T) {
	before := served.Closed.Load()
	s := bind(t)
	shapestest.Readers(t, s)
	shapestest.Connections(t, s)
	assert.EqualValues(t, 6, served.Closed.Load()-before)
}

// A reader that nobody reads is closed, too.
func TestUnreadReadersAreClosed(t *testing.T) {
	before := served.Closed.Load()
	r, err := bind(t).Read(t.Context(), 1, "")
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Eventually(t, func() bool { return served.Closed.Load() == before+1 }, time.Minute, time.Millisecond)
}

func TestSequences(t *testing.T) {
	s, ctx := bind(t), t.Context()
	for range 2 { // each range calls
		n := 0
		for p, err := range s.Count(ctx, 3, "") {
			require.NoError(t, err)
			assert.Equal(t, shapes.Point{X: float64(n)}, p)
			n++
		}
		assert.Equal(t, 3, n)
	}
	n, failed := 0, error(nil)
	for _, err := range s.Count(ctx, 2, "sad") {
		n, failed = n+1, err
	}
	assert.Equal(t, 3, n)
	require.ErrorIs(t, failed, shapes.ErrSad)
	require.EqualError(t, failed, "after 2: sad")
	for range s.Count(ctx, 1000, "") {
		break
	}
	for _, err := range s.Count(ctx, 0, "nil") {
		require.ErrorContains(t, err, "the sequence is nil")
	}
}

func TestNoImplementation(t *testing.T) {
	_, err := contract.New[any](contract.Info{Name: "Nobody", Methods: []contract.Method{{Name: "A"}}}, contract.NewErrors(nil), nil).
		Bind(contract.InProcess)
	require.ErrorIs(t, err, contract.ErrNoImplementation)
	require.ErrorIs(t, contract.Start("Nobody"), contract.ErrNoImplementation)
	require.NoError(t, contract.Stop("Nobody"))

	broken := errors.New("no database")
	shapes.Export(func() (shapes.Shapes, error) { return nil, broken })
	require.ErrorIs(t, contract.Start("Shapes"), broken)
	s, err := shapes.Bind(contract.InProcess)
	require.NoError(t, err)
	_, err = s.EchoNode(nil)
	require.ErrorIs(t, err, broken)
}
