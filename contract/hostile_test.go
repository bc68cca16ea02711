package contract_test

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"iter"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/shapestest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A fake is the other side of a contract: it answers every method with what call returns.
type fake struct {
	info *contract.Info
	call func(method string, args []byte) ([]byte, error)
}

func (f *fake) BindContract(c *contract.Info) (remotes []contract.Remote, err error) {
	f.info = c
	for _, m := range c.Methods {
		remotes = append(remotes, contract.Remote{
			Call: func(_ context.Context, args, _ []byte) ([]byte, error) { return f.call(m.Name, args) },
			Open: func(_ context.Context, args []byte) (iter.Seq2[[]byte, error], error) {
				return func(yield func([]byte, error) bool) { yield(f.call(m.Name, args)) }, nil
			},
		})
	}
	return remotes, nil
}

func (f *fake) bind(t testing.TB) shapes.Shapes {
	s, err := shapes.Bind(f)
	require.NoError(t, err)
	return s
}

var errStop = errors.New("stop")

// written are the arguments that a client writes.
func written(t testing.TB, call func(s shapes.Shapes)) (args []byte) {
	f := &fake{call: func(_ string, a []byte) ([]byte, error) { args = append([]byte(nil), a...); return nil, errStop }}
	call(f.bind(t))
	return args
}

// remotes are the functions of the implementation, by the names of their methods.
func remotes(t testing.TB) map[string]contract.Remote {
	bind(t)
	f := &fake{}
	f.bind(t)
	list, err := contract.InProcess.BindContract(f.info)
	require.NoError(t, err)
	m := map[string]contract.Remote{}
	for i, r := range list {
		m[f.info.Methods[i].Name] = r
	}
	return m
}

// TestGolden fails when a change of the format makes versions that were built before unreadable.
func TestGolden(t *testing.T) {
	one, word := int64(1), "far"
	far := &word
	everything := shapes.Everything{
		Base: shapes.Base{ID: 7}, Bool: true, Int: -1, Uint8: 200, Float64: 1.5, Complex64: 1 + 2i, String: "é", Bytes: []byte{1, 2},
		Color: shapes.Blue, Time: time.Unix(1, 2).UTC(), Duration: time.Second, Optional: &shapes.Point{X: 1}, Number: &one, Far: &far,
		Strings: []string{"a", ""}, Array: [3]uint16{1, 2, 3}, Map: map[string]string{"k": "v"}, Addr: netip.MustParseAddr("10.0.0.1"),
		Letter: shapes.NewLetter("x"), Err: shapes.ErrSad, Figure: &shapes.Circle{Radius: 2}, Value: []shapes.Value{1, nil, "s"},
		Pair: shapes.Pair[int, string]{First: 1, Second: "2"}, Renamed: "r",
	}
	for name, args := range map[string][]byte{
		"everything": written(t, func(s shapes.Shapes) { _, _ = s.Echo(t.Context(), everything) }),
		"many":       written(t, func(s shapes.Shapes) { _, _, _, _ = s.Many(-2, "b", true, shapes.Point{Y: 1}) }),
		"trace":      written(t, func(s shapes.Shapes) { _, _ = s.Fail(shapes.WithTrace(t.Context(), "00-1"), "how") }),
	} {
		path := filepath.Join("testdata", "golden", name+".hex")
		text := hex.Dump(args)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		}
		golden, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(golden), text, name)
	}
}

// Fields, and types of interfaces, that this version does not know are passed over.
func TestUnknownFields(t *testing.T) {
	args := written(t, func(s shapes.Shapes) { _, _ = s.EchoNode(&shapes.Node{Name: "n", Next: &shapes.Node{Name: "m"}}) })
	tag := contract.Tag("Name", contract.WidthLength)
	changed := 0
	for i := range len(args) - 4 {
		if le(args[i:]) == tag {
			args[i]++ // width 6: no such width
			_, err := remotes(t)["EchoNode"].Call(t.Context(), args, nil)
			require.ErrorIs(t, err, contract.ErrFrame)
			args[i]--
			args[i+3]++ // another name
			changed++
		}
	}
	require.Equal(t, 2, changed)
	f := &fake{call: func(string, []byte) ([]byte, error) { return remotes(t)["EchoNode"].Call(t.Context(), args, nil) }}
	n, err := f.bind(t).EchoNode(nil)
	require.NoError(t, err)
	assert.Equal(t, &shapes.Node{Next: &shapes.Node{}}, n)

	args = written(t, func(s shapes.Shapes) {
		_, _ = s.Echo(t.Context(), shapes.Everything{Figure: shapes.Squares{1}, String: "s"})
	})
	for i := range len(args) - 4 {
		if le(args[i:]) == contract.ID("Squares") {
			args[i]++
		}
	}
	f.call = func(string, []byte) ([]byte, error) { return remotes(t)["Echo"].Call(t.Context(), args, nil) }
	e, err := f.bind(t).Echo(t.Context(), shapes.Everything{})
	require.NoError(t, err)
	assert.Nil(t, e.Figure)
	assert.Equal(t, "s", e.String)
}

func le(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24 }

// Damaged frames are read or refused on both sides, in memory that is a multiple of their size.
func TestDamagedFrames(t *testing.T) {
	methods := remotes(t)
	answer := []byte(nil)
	s := (&fake{call: func(string, []byte) ([]byte, error) { return answer, nil }}).bind(t)
	g := rand.New(rand.NewPCG(1, 2))
	for seed := range uint64(400) {
		random := shapestest.New(seed)
		frame := written(t, func(s shapes.Shapes) {
			if seed%2 == 0 {
				node := shapestest.Value[shapes.Node](random, 5)
				_, _ = s.EchoNode(&node)
			} else {
				_, _ = s.EchoLists(shapestest.Value[shapes.Lists](random, 5))
			}
		})
		for range 1 + g.IntN(3) {
			switch at := g.IntN(len(frame)); g.IntN(4) {
			case 0:
				frame = frame[:at]
			case 1:
				frame[at] ^= 1 << g.IntN(8)
			case 2:
				frame[at] = 0xff
			case 3:
				frame = append(frame[:at:at], frame[g.IntN(len(frame)):]...)
			}
			if len(frame) == 0 {
				break
			}
		}
		bound := uint64(64*len(frame)+1<<20) + uint64(len(frame))*3 + 256<<10 // and what is written again
		within(t, 2*bound, func() { _, _ = methods["EchoNode"].Call(t.Context(), frame, nil) })
		within(t, 2*bound, func() { _, _ = methods["EchoLists"].Call(t.Context(), frame, nil) })
		answer = frame[min(12, len(frame)):]
		within(t, bound, func() { _, _ = s.EchoNode(nil) })
		within(t, bound, func() { _, _ = s.EchoLists(shapes.Lists{}) })
	}
}

// within wants f to allocate at most so many bytes.
func within(t *testing.T, bytes uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, bytes)
}

// A frame may ask for a million elements with few bytes; it does not get them.
func TestFramesThatAskForMuch(t *testing.T) {
	many := written(t, func(s shapes.Shapes) { _, _ = s.EchoLists(shapes.Lists{Empties: make([]struct{}, 1_000_000)}) })
	_, err := remotes(t)["EchoLists"].Call(t.Context(), many, nil)
	require.NoError(t, err, "they take no memory")
	nodes := written(t, func(s shapes.Shapes) { _, _ = s.EchoNode(&shapes.Node{Children: make([]shapes.Node, 1)}) })
	count := strings.LastIndex(string(nodes), "\x01\x00\x00\x00")
	require.Positive(t, count)
	nodes[count+2] = 0xff
	_, err = remotes(t)["EchoNode"].Call(t.Context(), nodes, nil)
	require.ErrorIs(t, err, contract.ErrFrame)
}

// FuzzServe gives an implementation any arguments. What it answers, its client can read.
func FuzzServe(f *testing.F) {
	for seed := range uint64(8) {
		g := shapestest.New(seed)
		f.Add(written(f, func(s shapes.Shapes) { _, _ = s.Echo(context.Background(), shapestest.Value[shapes.Everything](g, 4)) }))
		node := shapestest.Value[shapes.Node](g, 4)
		f.Add(written(f, func(s shapes.Shapes) { _, _ = s.EchoNode(&node) }))
		f.Add(written(f, func(s shapes.Shapes) { _, _ = s.EchoLists(shapestest.Value[shapes.Lists](g, 4)) }))
	}
	methods := remotes(f)
	f.Fuzz(func(t *testing.T, args []byte) {
		for _, name := range []string{"Echo", "EchoNode", "EchoLists", "Many"} {
			reply, err := methods[name].Call(context.Background(), args, nil)
			if err != nil {
				continue
			}
			s := (&fake{call: func(string, []byte) ([]byte, error) { return reply, nil }}).bind(t)
			switch name {
			case "Echo":
				_, err = s.Echo(context.Background(), shapes.Everything{})
			case "EchoNode":
				_, err = s.EchoNode(nil)
			case "EchoLists":
				_, err = s.EchoLists(shapes.Lists{})
			case "Many":
				_, _, _, err = s.Many(0, "", false)
			}
			require.NoError(t, err, name)
		}
	})
}

type withDetail struct{ detail []byte }

func (withDetail) Error() string         { return "text" }
func (e withDetail) ErrorDetail() []byte { return e.detail }

// FuzzReply gives a client any result, element and error.
func FuzzReply(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{14, 0, 0, 0, 0, 1, 0, 0, 0, 'x', 4, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, reply []byte) {
		var failed error
		s := (&fake{call: func(string, []byte) ([]byte, error) { return reply, failed }}).bind(t)
		_, _ = s.Echo(context.Background(), shapes.Everything{})
		_, _ = s.EchoNode(nil)
		_, _ = s.EchoLists(shapes.Lists{})
		for range s.Count(context.Background(), 1, "") {
		}
		failed = withDetail{reply}
		_, err := s.EchoNode(nil)
		require.Error(t, err)
		_ = err.Error()
		require.NotErrorIs(t, err, errStop)
	})
}
