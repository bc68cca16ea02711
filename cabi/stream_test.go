//go:build cgo

package cabi

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

// readAll reads a stream in pieces of at most capacity bytes, up to the first status
// that is not OK.
func readAll(id uint64, capacity int) (text string, status int32) {
	for {
		c := newCaller(capacity)
		if status = readStream(id, c.buffer()); status != abi.OK {
			return text, status
		}
		text += c.text()
	}
}

func TestStreamReads(t *testing.T) {
	const text = "all that there is to read"
	for name, r := range map[string]io.Reader{
		"plain": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)),
		"with its end": iotest.DataErrReader(strings.NewReader(text)),
	} {
		id, err := Stream(r, nil)
		require.NoError(t, err)
		got, status := readAll(id, 10)
		assert.EqualValues(t, abi.End, status, name)
		assert.Equal(t, text, got, name)
		assertFails(t, abi.Error, "closed", readStream(id, newCaller(1).buffer()))
	}
	_, err := Stream(nil, errBroken)
	require.ErrorIs(t, err, errBroken)
	_, err = Stream(nil, nil)
	require.ErrorContains(t, err, "the reader is nil")
	_, err = Seq(nil, nil)
	require.ErrorContains(t, err, "the sequence is nil")

	id, err := Stream(io.MultiReader(strings.NewReader("some"), iotest.ErrReader(errBroken)), nil)
	require.NoError(t, err)
	got, status := readAll(id, 100)
	assert.Equal(t, "some", got)
	assertFails(t, abi.Error, "broken", status)

	id, err = Stream(nothing{}, nil)
	require.NoError(t, err)
	_, status = readAll(id, 100)
	assertFails(t, abi.Error, io.ErrNoProgress.Error(), status)
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

func TestSeqReads(t *testing.T) {
	for _, test := range []struct {
		seq  func(yield func([]byte, error) bool)
		want string
		kind int
	}{
		{func(yield func([]byte, error) bool) {}, "", abi.End},
		{func(yield func([]byte, error) bool) {
			_ = yield([]byte("a"), nil) && yield(nil, nil) && yield([]byte("b"), nil)
		}, "ab", abi.End},
		{func(yield func([]byte, error) bool) { _ = yield([]byte("a"), nil) && yield(nil, errBroken) }, "a", abi.Error},
		{func(yield func([]byte, error) bool) { yield([]byte("a"), nil); panic("boom") }, "a", abi.Panic},
		{func(yield func([]byte, error) bool) { yield([]byte("too large"), nil) }, "", abi.TooSmall},
	} {
		id, err := Seq(test.seq, nil)
		require.NoError(t, err)
		got, status := readAll(id, 4)
		assert.EqualValues(t, test.kind, abi.Kind(status))
		assert.Equal(t, test.want, got)
		if test.kind == abi.TooSmall {
			assertTakes(t, "too large", status)
			_, status = readAll(id, 4)
			assert.EqualValues(t, abi.End, status, "it goes on after that piece")
		}
	}
}

type closing struct {
	io.Reader
	closed chan struct{}
}

func (c closing) Close() error { close(c.closed); return errors.New("ignored") }

func newClosing() closing { return closing{strings.NewReader("x"), make(chan struct{})} }

func TestStreamCloses(t *testing.T) {
	r := newClosing()
	id, err := Stream(r, nil)
	require.NoError(t, err)
	closeStream(id)
	<-r.closed
	closeStream(id)
	closeStream(1 << 60)

	left := make(chan struct{})
	id, err = Seq(func(yield func([]byte, error) bool) {
		defer close(left)
		for yield([]byte("x"), nil) {
		}
	}, nil)
	require.NoError(t, err)
	assert.EqualValues(t, abi.OK, readStream(id, newCaller(1).buffer()))
	closeStream(id)
	<-left
}

// endsWhenClosed reports io.EOF when it is closed.
type endsWhenClosed struct{ closing }

func (r endsWhenClosed) Read([]byte) (int, error) { <-r.closed; return 0, io.EOF }

// A stream that was closed while it was read has not come to its end: what was
// read of it is not all.
func TestStreamClosedDuringARead(t *testing.T) {
	id, err := Stream(endsWhenClosed{newClosing()}, nil)
	require.NoError(t, err)
	status := make(chan int32)
	go func() { status <- readStream(id, newCaller(1).buffer()) }()
	time.Sleep(time.Millisecond) // usually enough for the read to begin
	closeStream(id)
	assertFails(t, abi.Error, "closed", <-status)
}

func TestSeqPanics(t *testing.T) {
	id, err := Seq(func(func([]byte, error) bool) { panicHere() }, nil)
	require.NoError(t, err)
	_, status := readAll(id, 1)
	assertFails(t, abi.Panic, "panic: boom", status)

	id, err = Seq(func(func([]byte, error) bool) { panicHere() }, nil)
	require.NoError(t, err)
	_, status = readAll(id, 1)
	assertFails(t, abi.Panic, "panicHere", status)
}

func panicHere() { panic("boom") }

func TestStreamThatNobodyReads(t *testing.T) {
	defer func(d time.Duration) { streamIdle = d }(streamIdle)
	streamIdle = time.Millisecond
	r := newClosing()
	id, err := Stream(r, nil)
	require.NoError(t, err)
	<-r.closed
	_, status := readAll(id, 1)
	assertFails(t, abi.Error, "without a read", status)
}

func TestStreamsAreBounded(t *testing.T) {
	for range MaxStreams {
		_, err := Stream(strings.NewReader(""), nil)
		require.NoError(t, err)
	}
	r := newClosing()
	_, err := Stream(r, nil)
	require.ErrorIs(t, err, ErrTooManyStreams)
	<-r.closed
	closeStreams()
	id, err := Stream(strings.NewReader(""), nil)
	require.NoError(t, err)
	closeStream(id)
}
