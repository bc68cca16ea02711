package shapestest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/testdata/contracts/shapes"
)

// Connections checks what is read and written on both sides.
func Connections(t *testing.T, s shapes.Shapes) {
	c, err := s.Dial(context.Background(), "hello")
	require.NoError(t, err)
	p := make([]byte, 3)
	n, err := c.Read(p)
	require.NoError(t, err)
	assert.Equal(t, "HEL", string(p[:n]))
	n, err = c.Read(p)
	require.True(t, err == io.EOF, "as io.Reader wants it, not wrapped: %v", err)
	assert.Equal(t, "LO", string(p[:n]), "with the error come the bytes before it")

	long := bytes.Repeat([]byte("0123456789"), 50_000) // many times what crosses at once
	wrote, err := c.Write(long)
	require.NoError(t, err)
	assert.Equal(t, len(long), wrote)
	pending, err := c.Pending()
	require.NoError(t, err)
	assert.Equal(t, len(long), pending)
	read, err := io.ReadAll(iotest.OneByteReader(io.LimitReader(c, 1000)))
	require.NoError(t, err)
	assert.Equal(t, long[:1000], read)
	read, err = io.ReadAll(c)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(long[1000:], read))
	n, err = c.Read(nil)
	assert.Zero(t, n)
	assert.Equal(t, io.EOF, err)
	require.NoError(t, c.Close())
	_, err = c.Read(p)
	require.ErrorIs(t, err, contract.ErrGone)

	said, err := s.Talk(nil, "")
	require.NoError(t, err)
	assert.Equal(t, "nobody", said)
	caller := &connection{says: "yes, and " + strings.Repeat("so on ", 50_000)}
	said, err = s.Talk(caller, "well?")
	require.NoError(t, err)
	assert.Equal(t, "well?", caller.heard)
	assert.Equal(t, caller.says, said)
	assert.True(t, caller.closed)

	_, err = s.Talk(&connection{says: "no", fails: shapes.ErrSad}, "")
	require.ErrorIs(t, err, shapes.ErrSad)
	_, err = s.Talk(&connection{says: "no", lies: true}, "")
	require.ErrorContains(t, err, "says that it read")
}

// A connection is the caller's. It ends, or fails, with its last bytes.
type connection struct {
	says, heard string
	fails       error
	lies        bool
	closed      bool
	at          int
}

func (c *connection) Read(p []byte) (int, error) {
	n := copy(p, c.says[c.at:])
	c.at += n
	switch {
	case c.lies:
		return len(p) + 1, nil
	case c.at < len(c.says):
		return n, nil
	case c.fails != nil:
		return n, c.fails
	}
	return n, io.EOF
}

func (c *connection) Write(p []byte) (int, error) {
	if c.closed {
		return 0, errors.New("it is closed")
	}
	c.heard += string(p)
	return len(p), nil
}

func (c *connection) Close() error {
	c.closed = true
	return nil
}
