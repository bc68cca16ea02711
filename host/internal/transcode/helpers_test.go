package transcode_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/jsontext"
	"github.com/hotso/hotso/host/internal/transcode"
	"github.com/hotso/hotso/testdata/contracts/shapes"
)

// values are the arguments without what of the context precedes them.
func values(args []byte) []byte { return args[12+binary.LittleEndian.Uint32(args[8:]):] }

// A wire is a library of shapes that answers with what it is told, and keeps what it was called with.
type wire struct {
	schema string
	args   []byte
	reply  []byte
}

// BindContract implements contract.Caller.
func (w *wire) BindContract(c *contract.Info) (remotes []contract.Remote, err error) {
	w.schema = c.Schema
	for range c.Methods {
		remotes = append(remotes, contract.Remote{
			Call: func(_ context.Context, args, _ []byte) ([]byte, error) {
				w.args = bytes.Clone(args)
				if w.reply == nil {
					return nil, errors.New("it has no reply")
				}
				return w.reply, nil
			},
			Open: func(_ context.Context, args []byte) (iter.Seq2[[]byte, error], error) {
				w.args = bytes.Clone(args)
				return func(func([]byte, error) bool) {}, nil
			},
		})
	}
	return remotes, nil
}

// newShapes returns the contract shapes, for its Go types and for JSON.
func newShapes(t testing.TB) (*wire, shapes.Shapes, *transcode.Contracts) {
	t.Helper()
	w := new(wire)
	s, err := shapes.Bind(w)
	require.NoError(t, err)
	return w, s, transcode.New([]manifest.Contract{{Name: "Shapes", Schema: []byte(w.schema)}})
}

func method(t testing.TB, c *transcode.Contracts, function string) *transcode.Method {
	t.Helper()
	m, err := c.Method(function)
	require.NoError(t, err)
	require.NotNil(t, m, function)
	return m
}

// of returns the contract of a schema, which lacks the beginning.
func of(t testing.TB, schema string) *transcode.Contracts {
	t.Helper()
	return transcode.New([]manifest.Contract{{Name: "C", Schema: []byte(`{"wire":1,"package":"p","contract":"C",` + schema + `}`)}})
}

// arguments reads a JSON text.
func arguments(m *transcode.Method, text string) ([]byte, error) {
	v := jsontext.Value{}
	if text != "" {
		var err error
		if v, err = jsontext.Parse([]byte(text), transcode.MaxDepth); err != nil {
			return nil, err
		}
	}
	return m.Arguments(context.Background(), v)
}

func results(m *transcode.Method, reply []byte) (string, error) {
	var b bytes.Buffer
	err := m.Results(&b, reply)
	return b.String(), err
}

// throughJSON calls a method of shapes that returns what it gets: with its arguments, then with what
// becomes of them by way of JSON.
func throughJSON[T any](t testing.TB, w *wire, m *transcode.Method, echo func() (T, error)) T {
	t.Helper()
	w.reply = nil
	_, _ = echo()
	text, err := results(m, values(w.args))
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(text)), text)
	args, err := arguments(m, "["+text+"]")
	require.NoError(t, err, text)
	w.reply = values(args)
	got, err := echo()
	require.NoError(t, err, text)
	return got
}
