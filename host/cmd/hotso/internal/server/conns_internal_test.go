package server

import (
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipes is a listener without a network, whose connections end in net.Pipe: its deadlines
// follow the clock of a synctest bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) { return <-p, nil }
func (p pipes) Close() error              { return nil }
func (p pipes) Addr() net.Addr            { return &net.TCPAddr{} }

// connect returns both ends of a connection that cs looks after.
func connect(t *testing.T, cs *conns) (c *conn, client net.Conn) {
	client, remote := net.Pipe()
	through := make(pipes, 1)
	through <- remote
	accepted, err := cs.listen(through).Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = accepted.Close(); _ = client.Close() })
	return accepted.(*conn), client
}

// A slow client gets all of a reply, however long that takes.
func TestWriteDeadlineMovesOnWithProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, client := connect(t, newConns(1))
		const size = 20 * writePiece
		written := make(chan error, 1)
		go func() { _, err := c.Write(make([]byte, size)); written <- err }()
		began := time.Now()
		for range size / writePiece {
			time.Sleep(writeTimeout * 9 / 10)
			_, err := io.ReadFull(client, make([]byte, writePiece))
			require.NoError(t, err)
		}
		require.NoError(t, <-written)
		assert.Greater(t, time.Since(began), 10*writeTimeout)
	})
}

func TestWriteDeadlineOfOneWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := connect(t, newConns(1))
		began := time.Now()
		_, err := c.Write(make([]byte, 2*writePiece))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.InDelta(t, writeTimeout+writeSlack/2, time.Since(began), float64(writeSlack/2))
	})
}

// At the end, who writes and who waits for the rest of a request has a short time. A request
// that is engaged has all it needs.
func TestDrainCutsOffClientsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cs := newConns(3)
		began := time.Now()
		writes, _ := connect(t, cs)
		reads, _ := connect(t, cs)
		engaged, _ := connect(t, cs)
		engaged.engage()
		ends := make(chan time.Duration, 3)
		go func() { _, _ = writes.Write([]byte("x")); ends <- time.Since(began) }()
		go func() { _, _ = reads.Read(make([]byte, 1)); ends <- time.Since(began) }()
		go func() { _, _ = engaged.Read(make([]byte, 1)); ends <- time.Since(began) }()
		synctest.Wait()
		cs.drain(endGrace)
		require.NoError(t, reads.SetReadDeadline(time.Time{})) // does not undo it
		assert.Equal(t, []time.Duration{endGrace, endGrace}, []time.Duration{<-ends, <-ends})
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Empty(t, ends)
		require.NoError(t, engaged.Close())
		assert.Equal(t, endGrace+time.Hour, <-ends)
	})
}

// A client that sends the next request before it has the reply is told from one that waits.
func TestPipelined(t *testing.T) {
	c, client := connect(t, newConns(1))
	receive := func(text string) {
		go func() { _, _ = io.WriteString(client, text) }()
		_, err := io.ReadFull(c, make([]byte, len(text)))
		require.NoError(t, err)
	}
	receive("one")
	assert.False(t, c.pipelined())
	c.engage()
	c.disengage()
	receive("two")
	assert.False(t, c.pipelined())
	c.engage()
	c.disengage()
	assert.True(t, c.pipelined(), "it was in a buffer")
	c.engage()
	receive("t") // by net/http, which looks whether the client is there
	c.disengage()
	receive("hree")
	assert.True(t, c.pipelined())
	c.engage()
	c.disengage()
	receive("four")
	assert.False(t, c.pipelined())
}

// With too many connections the one that has waited longest for its client makes room, of those
// that have had no reply yet if there are any.
func TestTooManyConnections(t *testing.T) {
	cs := newConns(3)
	engaged, _ := connect(t, cs)
	oldest, peer := connect(t, cs)
	recent, _ := connect(t, cs)
	engaged.engage()
	oldest.engage()
	oldest.disengage() // now it has waited shorter than the other
	newer, _ := connect(t, cs)
	assert.NotContains(t, cs.open, recent)
	newest, _ := connect(t, cs)
	assert.NotContains(t, cs.open, newer)
	newest.engage()
	newest.disengage()
	last, _ := connect(t, cs)
	assert.NotContains(t, cs.open, oldest, "all that wait have had a reply")
	assert.Contains(t, cs.open, newest)
	assert.Contains(t, cs.open, last)
	_, err := peer.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	assert.Contains(t, cs.open, engaged)
	assert.Equal(t, 3, cs.counted)
	require.NoError(t, engaged.Close())
	assert.Equal(t, 2, cs.counted)
}

// If all are engaged, a new one is told so.
func TestNoRoomForAConnection(t *testing.T) {
	cs := newConns(1)
	engaged, _ := connect(t, cs)
	engaged.engage()
	client, remote := net.Pipe()
	told := make(chan string, 1)
	go func() { all, _ := io.ReadAll(client); told <- string(all) }()
	assert.Nil(t, cs.add(remote, "", true))
	text := <-told
	assert.Contains(t, text, "HTTP/1.1 503 ")
	assert.Contains(t, text, "\r\nRetry-After: 1\r\n")
	assert.NotNil(t, cs.add(remote, "", false), "the unix socket is not counted")
}
