package contracttest

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/testdata/contracts/shapes"
)

// A meeting is where a call is inside the library, or the library in the caller's code, and
// something happens in between.
type meeting struct {
	name string
	call func(ctx context.Context, s shapes.Shapes, meanwhile func()) error
}

// The ways in which code of both sides is under way at the same time.
var (
	functionMeeting = meeting{"function", func(ctx context.Context, s shapes.Shapes, meanwhile func()) error {
		_, err := s.Walk(ctx, 100, func(_ context.Context, p shapes.Point) (bool, error) {
			if p.X == 50 {
				meanwhile()
			}
			return true, nil
		})
		return err
	}}
	// It is called on goroutines of the library.
	interfaceMeeting = meeting{"interface", func(_ context.Context, s shapes.Shapes, meanwhile func()) error {
		_, err := s.Tell(&teller{meanwhile: meanwhile}, &shapes.Node{})
		return err
	}}
	sequenceMeeting = meeting{"sequence to the library", func(_ context.Context, s shapes.Shapes, meanwhile func()) error {
		over := false
		_, err := s.Sum(func(yield func(shapes.Point, error) bool) {
			defer func() { over = true }()
			for i := range 100 {
				if i == 50 {
					meanwhile()
				}
				if !yield(shapes.Point{}, nil) {
					return
				}
			}
		}, false)
		if !over {
			return errors.New("the range goes on")
		}
		return err
	}}
	readerMeeting = meeting{"reader to the library", func(_ context.Context, s shapes.Shapes, meanwhile func()) error {
		_, err := s.Copy(io.Discard, &reader{at: 3, meanwhile: meanwhile})
		return err
	}}
	writerMeeting = meeting{"writer to the library", func(_ context.Context, s shapes.Shapes, meanwhile func()) error {
		n := 0
		_, err := s.Copy(writer(func() {
			if n++; n == 3 {
				meanwhile()
			}
		}), &reader{at: -1})
		return err
	}}
	// What the library calls.
	given = []meeting{functionMeeting, interfaceMeeting, sequenceMeeting, readerMeeting, writerMeeting}
	// And what it is asked for.
	meetings = append(slices.Clip(given), meeting{"sequence of the library's", func(ctx context.Context, s shapes.Shapes, meanwhile func()) error {
		for p, err := range s.Count(ctx, 100, "") {
			if err != nil {
				return err
			}
			if p.X == 50 {
				meanwhile()
			}
		}
		return nil
	}}, meeting{"reader of the library's", func(ctx context.Context, s shapes.Shapes, meanwhile func()) error {
		r, err := s.Read(ctx, 1<<20, "")
		if err != nil {
			return err
		}
		defer r.Close()
		if _, err := io.ReadFull(r, make([]byte, 100_000)); err != nil {
			return err
		}
		meanwhile()
		_, err = io.Copy(io.Discard, r)
		return err
	}})
)

// A teller is told on several goroutines, and does something on the first.
type teller struct {
	told      atomic.Bool
	meanwhile func()
}

func (t *teller) Seen(context.Context, *shapes.Node) error {
	if !t.told.Swap(true) {
		t.meanwhile()
	}
	return nil
}

func (t *teller) Name() string { return "" }

// A reader has ten pieces.
type reader struct {
	n, at     int
	meanwhile func()
}

func (r *reader) Read(p []byte) (int, error) {
	if r.n++; r.n == r.at {
		r.meanwhile()
	}
	if r.n > 10 {
		return 0, io.EOF
	}
	return len(p), nil
}

type writer func()

func (w writer) Write(p []byte) (int, error) { w(); return len(p), nil }

// A version that crashes while it calls its caller, or is read, ends these calls only, and the
// next one serves.
func TestCrashesInTheMiddle(t *testing.T) {
	path := libtest.Build(t, "shapes", "1")
	for _, m := range meetings {
		t.Run(m.name, func(t *testing.T) {
			slot, s := newShapes(t, path, host.CrashLimit(1<<30, time.Minute), host.KillHung())
			for _, kind := range abi.DrillKinds {
				for _, ctx := range []context.Context{context.Background(), t.Context()} {
					err := m.call(ctx, s, func() { assert.Error(t, drill(slot, kind)) })
					require.ErrorIs(t, err, host.ErrCrashed, kind)
					_, err = s.Later("fine")
					require.NoError(t, err, kind)
				}
			}
		})
	}
}

// Objects are gone with the version that crashes, also those that are being read.
func TestCrashesOfObjects(t *testing.T) {
	slot, s := newShop(t, libshop(t, "1")[0], host.CrashLimit(1<<30, time.Minute), host.KillHung())
	for _, kind := range abi.DrillKinds {
		c := cartOf(t, s, "Ada")
		add(t, c, "apple", 1)
		add(t, c, "bread", 1)
		o := checkout(t, c)
		lines := 0
		for _, err := range c.Lines(t.Context()) {
			if lines++; lines == 1 {
				require.Error(t, drill(slot, kind))
				continue
			}
			require.ErrorIs(t, err, host.ErrCrashed, kind)
			require.ErrorIs(t, err, contract.ErrGone, kind)
		}
		assert.Equal(t, 2, lines)
		_, err := c.Add(t.Context(), "apple", 1)
		require.ErrorIs(t, err, contract.ErrGone, kind)
		require.ErrorIs(t, err, host.ErrCrashed, kind)
		_, err = o.Due(t.Context())
		require.ErrorIs(t, err, contract.ErrGone, kind)
		require.ErrorIs(t, c.Close(), contract.ErrGone, kind)
	}
}

// drill crashes the version that serves.
func drill(slot *host.Slot, kind string) error {
	limit := patience
	if kind == "hang" || kind == "deadlock" {
		limit = 20 * time.Millisecond
	}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		_, err := slot.Call(ctx, abi.SymDrill, kind)
		cancel()
		inside := errors.Is(err, host.ErrHung) || errors.Is(err, host.ErrCrashed)
		if inside || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		limit *= 2 // on a busy machine it was over before the call had begun
	}
}
