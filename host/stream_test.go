package host_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// early is an option that passes on what the library reports.
func early(seen chan string) host.Option {
	return host.Provide1("Early", func(s string) (host.None, error) {
		if s == "closed" || s == "left" {
			seen <- s
		}
		return host.None{}, nil
	})
}

func isNumbers(t *testing.T, b []byte) {
	t.Helper()
	for i := range b {
		if b[i] != byte(i) {
			require.Fail(t, "wrong byte", "%d at %d", b[i], i)
		}
	}
}

func TestStream(t *testing.T) {
	const size = 10 << 20
	seen := make(chan string, 10)
	lib := open(t, libtest.Build(t, "callback", "1"), early(seen))
	read := must(host.ReaderFunc2[int64, string](lib, "Bytes"))(t)
	r := must(read(ctx, size, ""))(t)
	assert.EqualValues(t, 1, lib.InFlight(), "it keeps the version")
	all := must(io.ReadAll(r))(t)
	assert.Len(t, all, size)
	isNumbers(t, all)
	assert.Equal(t, "closed", <-seen)
	assert.Zero(t, lib.InFlight(), "its end lets go")
	n, err := r.Read(make([]byte, 1))
	assert.Zero(t, n)
	assert.Equal(t, io.EOF, err)
	require.NoError(t, r.Close())

	r = must(read(ctx, 3000, ""))(t)
	all = must(io.ReadAll(iotest.OneByteReader(r)))(t)
	assert.Len(t, all, 3000)
	isNumbers(t, all)

	all = nil
	r = must(read(ctx, size/2, ""))(t)
	for chunk, err := range r.Seq() {
		require.NoError(t, err)
		all = append(all, chunk...)
	}
	assert.Len(t, all, size/2)
	isNumbers(t, all)
	assert.Zero(t, lib.InFlight())
	_, err = lib.Call(ctx, "Bytes", 1, "")
	require.ErrorIs(t, err, host.ErrArgument)
	assert.ErrorContains(t, err, "CallStream")
	_, err = host.Func2[int64, string, uint64](lib, "Bytes")
	require.ErrorIs(t, err, host.ErrSignature)
	_, err = host.ReaderFunc2[int64, string](lib, "Each")
	require.ErrorIs(t, err, host.ErrSignature)
}

func TestDynamicStream(t *testing.T) {
	slot := host.NewSlot("callback", early(make(chan string, 10)))
	_, err := slot.CallStream(ctx, "Bytes", 3, "")
	require.ErrorIs(t, err, host.ErrEmpty)
	must(slot.Swap(ctx, libtest.Build(t, "callback", "1")))(t)
	lib := slot.Current()
	for _, open := range []func(context.Context, string, ...any) (*host.Stream, error){slot.CallStream, lib.CallStream} {
		all := must(io.ReadAll(must(open(ctx, "Bytes", 3, ""))(t)))(t)
		assert.Equal(t, []byte{0, 1, 2}, all)
		_, err := open(ctx, "Bytes", 1, "refuse")
		require.ErrorIs(t, err, host.ErrCall)
		for _, args := range [][]any{{1}, {"x", ""}, {1, "", 2}} {
			_, err = open(ctx, "Bytes", args...)
			require.ErrorIs(t, err, host.ErrArgument)
		}
		_, err = open(ctx, "Missing")
		require.ErrorIs(t, err, host.ErrFunction)
		_, err = open(ctx, "Each", 1, 1)
		require.ErrorIs(t, err, host.ErrArgument)
		assert.ErrorContains(t, err, "Each returns no stream")
		over, cancel := context.WithCancel(ctx)
		cancel()
		_, err = open(over, "Bytes", 3, "")
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Zero(t, lib.InFlight())
	must(slot.Close(ctx))(t)
	_, err = lib.CallStream(ctx, "Bytes", 3, "")
	require.ErrorIs(t, err, host.ErrClosed)
}

func TestStreamThatBreaksOff(t *testing.T) {
	seen := make(chan string, 10)
	lib := open(t, libtest.Build(t, "callback", "1"), early(seen))
	read := must(host.ReaderFunc2[int64, string](lib, "Bytes"))(t)
	for how, want := range map[string]error{"error": host.ErrCall, "panic": host.ErrPanic} {
		r := must(read(ctx, 100_000, how))(t)
		b, err := io.ReadAll(r)
		assert.Len(t, b, 100_000)
		require.ErrorIs(t, err, want)
		assert.ErrorContains(t, err, "as told")
		assert.Equal(t, "closed", <-seen)
		_, err = r.Read(make([]byte, 1))
		require.ErrorIs(t, err, want)
		assert.Zero(t, lib.InFlight())
	}
	_, err := read(ctx, 1, "refuse")
	require.ErrorIs(t, err, host.ErrCall)
	assert.Zero(t, lib.InFlight())

	// Closed early.
	r := must(read(ctx, 100_000, ""))(t)
	must(io.ReadFull(r, make([]byte, 10)))(t)
	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
	assert.Equal(t, "closed", <-seen)
	assert.Zero(t, lib.InFlight())
	_, err = r.Read(make([]byte, 1))
	require.ErrorIs(t, err, host.ErrClosed)

	// Its context ends, and frees a Read that would wait for ever.
	short, cancel := context.WithCancel(ctx)
	r = must(read(short, 0, "hang"))(t)
	result := make(chan error)
	go func() { _, err := r.Read(make([]byte, 1)); result <- err }()
	cancel()
	require.ErrorIs(t, <-result, context.Canceled)
	assert.Equal(t, "closed", <-seen)
	require.Eventually(t, func() bool { return lib.InFlight() == 0 }, 5*time.Second, time.Millisecond)

	// Closed while it is being read.
	r = must(read(ctx, 0, "hang"))(t)
	go func() { _, err := r.Read(make([]byte, 1)); result <- err }()
	require.NoError(t, r.Close())
	err = <-result
	assert.True(t, errors.Is(err, host.ErrCall) || errors.Is(err, host.ErrClosed), err)
	assert.Zero(t, lib.InFlight())
	<-seen
}

func TestStreamThatIsForgotten(t *testing.T) {
	seen := make(chan string, 10)
	lib := open(t, libtest.Build(t, "callback", "1"), early(seen))
	read := must(host.ReaderFunc2[int64, string](lib, "Bytes"))(t)
	must(read(ctx, 1, ""))(t)
	require.Eventually(t, func() bool { runtime.GC(); return lib.InFlight() == 0 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, "closed", <-seen)
}

// A stream that is opened when its caller has left is closed.
func TestStreamThatNobodyGets(t *testing.T) {
	seen, left := make(chan string, 10), make(chan struct{})
	lib := open(t, libtest.Build(t, "callback", "1"), host.Provide1("Early", func(s string) (host.None, error) {
		if s == "opening" {
			<-left
		}
		seen <- s
		return host.None{}, nil
	}))
	read := must(host.ReaderFunc2[int64, string](lib, "Bytes"))(t)
	err := bounded(func(ctx context.Context) error { _, err := read(ctx, 1, "slow"); return err })
	require.ErrorIs(t, err, host.ErrHung)
	close(left)
	for s := range seen {
		if s == "closed" {
			break
		}
	}
	require.Eventually(t, func() bool { return lib.InFlight() == 0 }, patience, poll)
}

func TestStreamOfPieces(t *testing.T) {
	seen := make(chan string, 10)
	lib := open(t, libtest.Build(t, "callback", "1"), early(seen))
	read := must(host.ReaderFunc2[int32, int32](lib, "Pieces"))(t)
	for _, size := range []int{0, 1, 32 << 10, 32<<10 + 1, 1 << 20} {
		var pieces []string
		for piece, err := range must(read(ctx, 3, int32(size)))(t).Seq() {
			require.NoError(t, err)
			pieces = append(pieces, string(piece))
		}
		assert.Equal(t, []string{"piece 0", "piece 1", strings.Repeat("x", size)}, pieces)
		all := must(io.ReadAll(iotest.HalfReader(must(read(ctx, 3, int32(size)))(t))))(t)
		assert.Equal(t, strings.Join(pieces, ""), string(all))
	}

	var pieces int
	for _, err := range must(read(ctx, 3, -1))(t).Seq() {
		if err != nil {
			require.ErrorIs(t, err, host.ErrCall)
			break
		}
		pieces++
	}
	assert.Equal(t, 2, pieces)

	for range must(read(ctx, 100, 1))(t).Seq() {
		break
	}
	assert.Equal(t, "left", <-seen)
	assert.Zero(t, lib.InFlight())
}

// A library crashes while one stream of it is read and another is only open.
func TestCrashDuringAStream(t *testing.T) {
	needUnload(t)
	lib, err := host.Open(ctx, libtest.Build(t, "callback", "1"))
	require.NoError(t, err)
	read := must(host.ReaderFunc2[int64, string](lib, "Bytes"))(t)
	hanging := must(read(ctx, 0, "hang"))(t)
	result := make(chan error)
	go func() { _, err := hanging.Read(make([]byte, 1)); result <- err }()
	idle := must(read(ctx, 10, ""))(t)
	b, err := io.ReadAll(must(read(ctx, 1000, "crash"))(t))
	assert.Len(t, b, 1000)
	require.ErrorIs(t, err, host.ErrCrashed)
	require.ErrorIs(t, <-result, host.ErrCrashed)
	_, err = idle.Read(make([]byte, 1))
	require.ErrorIs(t, err, host.ErrCrashed)
	requireNothingLeft(t)(lib.Close(ctx))
	require.NoError(t, idle.Close())
	_, err = read(ctx, 1, "")
	require.ErrorIs(t, err, host.ErrCrashed)
}

// The library crashes in a Read that a callback of its own makes: the Read ends, the
// callback goes on, then the call around it ends.
func TestCrashInAStreamReadByACallback(t *testing.T) {
	needUnload(t)
	lib := must(host.Open(ctx, libtest.Build(t, "callback", "1")))(t)
	read := must(host.ReaderFunc2[int64, string](lib, "Bytes"))(t)
	each := must(host.Func2[uint64, int32, int64](lib, "Each"))(t)
	r := must(read(ctx, 0, "crash"))(t)
	goesOn := 0
	visit, release, err := host.Callback1(func(int32) (int64, error) {
		_, err := r.Read(make([]byte, 1))
		assert.ErrorIs(t, err, host.ErrCrashed)
		goesOn++
		return 0, nil
	})
	require.NoError(t, err)
	defer release()
	_, err = each(ctx, visit, 1)
	require.ErrorIs(t, err, host.ErrCrashed)
	assert.Equal(t, 1, goesOn)
	require.NoError(t, r.Close())
	requireNothingLeft(t)(lib.Close(ctx))
}

// A swap waits for a stream: the new version serves, the old one streams on.
func TestSwapDuringAStream(t *testing.T) {
	slot := newSlot(t, "callback", []string{libtest.Build(t, "callback", "1")}, host.DrainTimeout(20*time.Second))
	read := must(host.ReaderFunc2[int64, string](slot, "Bytes"))(t)
	old := slot.Current()
	r := must(read(ctx, 1<<20, ""))(t)
	must(io.ReadFull(r, make([]byte, 256)))(t)
	type swapped struct {
		swap *host.Swap
		err  error
	}
	done := make(chan swapped)
	go func() {
		s, err := slot.Swap(ctx, libtest.Build(t, "callback", "2"))
		done <- swapped{s, err}
	}()
	require.Eventually(t, func() bool { return slot.Current() != old }, 5*time.Second, time.Millisecond)
	next := must(read(ctx, 1, ""))(t)
	defer next.Close()
	select {
	case <-done:
		require.Fail(t, "the swap did not wait")
	default:
	}
	rest := must(io.ReadAll(r))(t)
	assert.Len(t, rest, 1<<20-256)
	isNumbers(t, rest)
	s := <-done
	requireNothingLeft(t)(s.swap.Old, s.err)
}

// A stream that outlives the drain timeout quarantines its version, until it is
// closed.
func TestStreamOutlivesTheDrainTimeout(t *testing.T) {
	slot := newSlot(t, "callback", []string{libtest.Build(t, "callback", "1")}, host.DrainTimeout(10*time.Millisecond))
	read := must(host.ReaderFunc2[int64, string](slot, "Bytes"))(t)
	old := slot.Current()
	r := must(read(ctx, 1<<20, ""))(t)
	_, err := slot.Swap(ctx, libtest.Build(t, "callback", "2"))
	require.ErrorIs(t, err, host.ErrBusy)
	assert.Equal(t, host.Quarantined, old.State())
	must(io.ReadFull(r, make([]byte, 1<<20)))(t)
	require.NoError(t, r.Close())
	require.Eventually(t, func() bool { return old.State() == host.Unloaded }, 5*time.Second, time.Millisecond)
}
