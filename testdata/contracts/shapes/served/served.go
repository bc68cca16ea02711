// Package served implements the contract Shapes, for libraries and tests.
package served

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/testdata/contracts/shapes"
)

// Shapes implements shapes.Shapes.
type Shapes struct{ Version string }

var _ shapes.Shapes = Shapes{}

// Echo returns e.
func (Shapes) Echo(_ context.Context, e shapes.Everything) (shapes.Everything, error) { return e, nil }

// EchoNode returns n.
func (Shapes) EchoNode(n *shapes.Node) (*shapes.Node, error) {
	if n != nil && n.Name == "cycle" {
		n.Children = []shapes.Node{{Next: n}}
	}
	return n, nil
}

// EchoLists returns l.
func (Shapes) EchoLists(l shapes.Lists) (shapes.Lists, error) { return l, nil }

// Many returns what it gets.
func (Shapes) Many(a int, b string, c bool, rest ...shapes.Point) (int, string, []shapes.Point, error) {
	if c {
		return a, b, rest, nil
	}
	return a, b, rest, shapes.ErrSad
}

// Length counts.
func (Shapes) Length(text string, b []byte, parts map[string]string) (int, error) {
	n := len(text) + len(b)
	for k, v := range parts {
		n += len(k) + len(v)
	}
	return n, nil
}

// Plain adds one.
func (Shapes) Plain(n int) int {
	if n < 0 {
		panic("negative")
	}
	return n + 1
}

// Nothing does nothing.
func (Shapes) Nothing() {}

type unregistered struct{ A int }

func (unregistered) Area() float64 { return 0 }
func (unregistered) Error() string { return "of a type that nobody knows" }

// Fail fails.
func (Shapes) Fail(_ context.Context, how string) (string, error) {
	switch how {
	case "":
		return "fine", nil
	case "sentinel":
		return "", shapes.ErrSad
	case "wrapped":
		return "", fmt.Errorf("twice: %w", fmt.Errorf("once: %w", shapes.ErrSad))
	case "joined":
		return "", errors.Join(shapes.ErrLost, fmt.Errorf("and %w", io.ErrUnexpectedEOF))
	case "typed":
		return "", fmt.Errorf("it: %w", &shapes.NotFound{Name: "key", Where: []string{"here", "there"}, Cause: fs.ErrNotExist})
	case "code":
		return "", shapes.Code(7)
	case "path":
		_, err := os.Open("/nonexistent/file")
		return "", err
	case "secret":
		return "", shapes.Secret{}
	case "unregistered":
		return "", unregistered{}
	case "deep":
		err := shapes.ErrSad
		for range 10_000 {
			err = fmt.Errorf("x%w", err)
		}
		return "", err
	case "wide":
		errs := make([]error, 10_000)
		for i := range errs {
			errs[i] = shapes.ErrLost
		}
		return "", errors.Join(errs...)
	case "long":
		return "", errors.Join(shapes.ErrSad, errors.New(strings.Repeat("é", 1<<20)))
	case "huge":
		return "", fmt.Errorf("%w, %w", shapes.ErrSad, &shapes.NotFound{Name: strings.Repeat("x", 1<<20)})
	case "panic":
		panic("boom")
	case "eof":
		return "", io.EOF
	}
	return "", errors.New(how)
}

// Context tells what it sees.
func (Shapes) Context(ctx context.Context, wait bool) (s shapes.Seen, err error) {
	deadline, ok := ctx.Deadline()
	s.Deadline = ok
	if ok {
		s.Left = time.Until(deadline)
	}
	s.Trace, _ = shapes.Trace(ctx)
	if wait {
		<-ctx.Done()
		return s, ctx.Err()
	}
	s.Ended = ctx.Err()
	return s, nil
}

// Count counts.
func (Shapes) Count(ctx context.Context, n int, fail string) iter.Seq2[shapes.Point, error] {
	if fail == "nil" {
		return nil
	}
	return func(yield func(shapes.Point, error) bool) {
		for i := range n {
			if !yield(shapes.Point{X: float64(i)}, nil) {
				return
			}
		}
		switch fail {
		case "":
		case "sad":
			yield(shapes.Point{}, fmt.Errorf("after %d: %w", n, shapes.ErrSad))
		case "wait":
			<-ctx.Done()
			yield(shapes.Point{}, ctx.Err())
		}
	}
}

// Later tells the version.
func (s Shapes) Later(a string) (string, error) { return a + " of v" + s.Version, nil }

// Unregistered is a Figure that is not among the types of one.
func Unregistered() shapes.Figure { return unregistered{} }

// Walk calls visit.
func (Shapes) Walk(ctx context.Context, n int, visit func(context.Context, shapes.Point) (bool, error)) (int, error) {
	if visit == nil {
		return -1, nil
	}
	for i := range n {
		more, err := visit(ctx, shapes.Point{X: float64(i)})
		if err != nil {
			return i, fmt.Errorf("at %d: %w", i, err)
		}
		if !more {
			return i, nil
		}
	}
	kept.Store(&visit)
	return n, nil
}

// kept is what a call must not keep, and finds out.
var kept atomic.Pointer[func(context.Context, shapes.Point) (bool, error)]

// Tell tells w.
func (Shapes) Tell(w shapes.Watcher, n *shapes.Node) (string, error) {
	if w == nil {
		return "nobody", nil
	}
	if n == nil { // what the call before has left
		_, err := (*kept.Load())(context.Background(), shapes.Point{})
		return "", err
	}
	var tellers sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		tellers.Go(func() { errs[i] = w.Seen(context.Background(), n) })
	}
	tellers.Wait()
	return w.Name(), errors.Join(errs...)
}

// Sum adds up.
func (Shapes) Sum(points iter.Seq2[shapes.Point, error], twice bool) (sum shapes.Point, err error) {
	if points == nil {
		return shapes.Point{X: -1}, nil
	}
	for range map[bool]int{false: 1, true: 2}[twice] {
		for p, err := range points {
			if err != nil {
				return sum, err
			}
			if p.X < 0 {
				break
			}
			sum.X += p.X
			sum.Y += p.Y
		}
	}
	return sum, nil
}

// Read returns bytes that count.
func (Shapes) Read(ctx context.Context, n int, fail string) (io.ReadCloser, error) {
	if fail == "nil" {
		return nil, nil
	}
	if n < 0 {
		return nil, shapes.ErrSad
	}
	return &counted{ctx, n, 0, fail}, nil
}

type counted struct {
	ctx     context.Context
	n, read int
	fail    string
}

func (c *counted) Read(p []byte) (int, error) {
	switch {
	case c.read < c.n:
	case c.fail == "":
		return 0, io.EOF
	case c.fail == "wait":
		<-c.ctx.Done()
		return 0, c.ctx.Err()
	default:
		return 0, shapes.ErrLost
	}
	n := min(len(p), c.n-c.read)
	for i := range n {
		p[i] = byte(c.read + i)
	}
	c.read += n
	return n, nil
}

// Closed is how many readers were closed.
var Closed atomic.Int64

func (c *counted) Close() error {
	Closed.Add(1)
	return nil
}

// Dial returns a connection.
func (Shapes) Dial(_ context.Context, greeting string) (shapes.Conn, error) {
	c := &conn{}
	_, err := c.Write([]byte(greeting))
	return c, err
}

// A conn says what it is told. It ends with its last bytes, and goes on when there are more.
type conn struct{ said []byte }

func (c *conn) Read(p []byte) (int, error) {
	n := copy(p, c.said)
	if c.said = c.said[n:]; len(c.said) == 0 {
		return n, io.EOF
	}
	return n, nil
}

func (c *conn) Write(p []byte) (int, error) {
	c.said = append(c.said, bytes.ToUpper(p)...)
	return len(p), nil
}

func (c *conn) Pending() (int, error) { return len(c.said), nil }

func (c *conn) Close() error { return nil }

// Talk talks.
func (Shapes) Talk(c io.ReadWriteCloser, line string) (string, error) {
	if c == nil {
		return "nobody", nil
	}
	if _, err := io.WriteString(c, line); err != nil {
		return "", err
	}
	said, err := io.ReadAll(c)
	return string(said), errors.Join(err, c.Close())
}

// Copy copies.
func (Shapes) Copy(to io.Writer, from io.Reader) (int64, error) {
	if from == nil {
		return -1, nil
	}
	return io.Copy(to, from)
}
