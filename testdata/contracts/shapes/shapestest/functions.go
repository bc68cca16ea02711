package shapestest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/testdata/contracts/shapes"
)

// Functions tries the methods that take functions, interfaces and sequences.
func Functions(t *testing.T, s shapes.Shapes) {
	ctx := shapes.WithTrace(t.Context(), "00-1-2")
	var visited []shapes.Point
	visit := func(ctx context.Context, p shapes.Point) (bool, error) {
		trace, _ := shapes.Trace(ctx)
		assert.Equal(t, "00-1-2", trace, "it has the caller's context")
		visited = append(visited, p)
		return p.X < 3, nil
	}
	n, err := s.Walk(ctx, 3, visit)
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	assert.Equal(t, []shapes.Point{{}, {X: 1}, {X: 2}}, visited)
	_, err = s.Tell(&watcher{}, nil)
	require.Error(t, err, "the call that the function was for is over")
	n, err = s.Walk(ctx, 100, visit)
	require.NoError(t, err)
	assert.Equal(t, 3, n)

	n, err = s.Walk(ctx, 100, func(_ context.Context, p shapes.Point) (bool, error) {
		if p.X == 5 {
			return true, &shapes.NotFound{Name: "five", Cause: fs.ErrNotExist}
		}
		return true, nil
	})
	assert.Zero(t, n)
	var notFound *shapes.NotFound
	require.ErrorAs(t, err, &notFound, "there and back")
	assert.Equal(t, "five", notFound.Name)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "at 5: ")

	n, err = s.Walk(ctx, 3, nil)
	require.NoError(t, err)
	assert.Equal(t, -1, n)

	w := &watcher{}
	node := &shapes.Node{Name: "a", Children: []shapes.Node{{Name: "b"}}}
	name, err := s.Tell(w, node)
	require.NoError(t, err)
	assert.Equal(t, "the watcher", name)
	require.Len(t, w.seen, 4)
	for _, n := range w.seen {
		assert.Equal(t, node, n)
	}
	w.err = shapes.ErrLost
	_, err = s.Tell(w, node)
	require.ErrorIs(t, err, shapes.ErrLost)
	name, err = s.Tell(nil, node)
	require.NoError(t, err)
	assert.Equal(t, "nobody", name)

	sum, err := s.Sum(points(4, nil), false)
	require.NoError(t, err)
	assert.Equal(t, shapes.Point{X: 6, Y: 12}, sum)
	sum, err = s.Sum(points(4, nil), true)
	require.NoError(t, err)
	assert.Equal(t, shapes.Point{X: 12, Y: 24}, sum)
	_, err = s.Sum(points(4, shapes.ErrSad), false)
	require.ErrorIs(t, err, shapes.ErrSad)
	sum, err = s.Sum(nil, false)
	require.NoError(t, err)
	assert.Equal(t, shapes.Point{X: -1}, sum)
	ended := false
	sum, err = s.Sum(func(yield func(shapes.Point, error) bool) {
		defer func() { ended = true }()
		for yield(shapes.Point{X: -1}, nil) {
		}
	}, false)
	require.NoError(t, err)
	assert.Zero(t, sum)
	assert.True(t, ended, "who leaves a range ends it")
}

// points are n of them, and then an error.
func points(n int, err error) iter.Seq2[shapes.Point, error] {
	return func(yield func(shapes.Point, error) bool) {
		for i := range n {
			if !yield(shapes.Point{X: float64(i), Y: 2 * float64(i)}, nil) {
				return
			}
		}
		if err != nil {
			yield(shapes.Point{}, errors.Join(err))
		}
	}
}

type watcher struct {
	mu   sync.Mutex
	seen []*shapes.Node
	err  error
}

func (w *watcher) Seen(_ context.Context, n *shapes.Node) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, n)
	return w.err
}

func (w *watcher) Name() string { return "the watcher" }

// Borrowed tries the method whose arguments are read in place.
func Borrowed(t *testing.T, s shapes.Shapes) {
	n, err := s.Length("text", []byte{1, 2, 3}, map[string]string{"key": "value", "": ""})
	require.NoError(t, err)
	assert.Equal(t, 4+3+8, n)
	n, err = s.Length("", nil, nil)
	require.NoError(t, err)
	assert.Zero(t, n)
}

// Readers tries the methods that take and return readers.
func Readers(t *testing.T, s shapes.Shapes) {
	ctx := t.Context()
	for _, n := range []int{0, 1, 100_000, 1_000_000} {
		r, err := s.Read(ctx, n, "")
		require.NoError(t, err)
		read, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Len(t, read, n)
		for i, b := range read {
			if b != byte(i) {
				t.Fatalf("byte %d of %d is %d", i, n, b)
			}
		}
		require.NoError(t, r.Close())

		var copied bytes.Buffer
		count, err := s.Copy(&copied, iotest.DataErrReader(bytes.NewReader(read)))
		require.NoError(t, err)
		assert.EqualValues(t, n, count)
		assert.True(t, bytes.Equal(read, copied.Bytes()))
	}
	_, err := s.Read(ctx, -1, "")
	require.ErrorIs(t, err, shapes.ErrSad)
	_, err = s.Read(ctx, 1, "nil")
	require.ErrorContains(t, err, "the reader is nil")
	r, err := s.Read(ctx, 10, "lost")
	require.NoError(t, err)
	read, err := io.ReadAll(r)
	require.ErrorIs(t, err, shapes.ErrLost)
	assert.Len(t, read, 10)
	require.NoError(t, r.Close())
	_, err = r.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.ErrClosedPipe)

	ctx, cancel := context.WithCancel(ctx)
	r, err = s.Read(ctx, 1, "wait")
	require.NoError(t, err)
	_, err = io.ReadFull(r, make([]byte, 1))
	require.NoError(t, err)
	cancel()
	_, err = r.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, r.Close())

	_, err = s.Copy(io.Discard, iotest.ErrReader(shapes.ErrLost))
	require.ErrorIs(t, err, shapes.ErrLost)
	_, err = s.Copy(failing{}, bytes.NewReader([]byte{1}))
	require.ErrorIs(t, err, shapes.ErrSad)
	n, err := s.Copy(nil, nil)
	require.NoError(t, err)
	assert.EqualValues(t, -1, n)
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, shapes.ErrSad }
