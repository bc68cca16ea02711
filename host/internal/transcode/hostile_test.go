package transcode_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/transcode"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/shapestest"
)

// replies are some that Go has written, by method.
func replies(t testing.TB, seed uint64) map[string][]byte {
	w, s, _ := newShapes(t)
	g := shapestest.New(seed)
	frames := map[string][]byte{}
	_, _ = s.Echo(t.Context(), shapestest.Value[shapes.Everything](g, 4))
	frames["Echo"] = values(w.args)
	node := shapestest.Value[shapes.Node](g, 4)
	_, _ = s.EchoNode(&node)
	frames["EchoNode"] = values(w.args)
	_, _ = s.EchoLists(shapestest.Value[shapes.Lists](g, 4))
	frames["EchoLists"] = values(w.args)
	return frames
}

var echoes = []string{"Echo", "EchoNode", "EchoLists"}

// FuzzResults gives any reply. What is written is JSON, not much larger than the reply, and the JSON of
// what is read from it.
func FuzzResults(f *testing.F) {
	for seed := range uint64(8) {
		for _, frame := range replies(f, seed) {
			f.Add(frame)
		}
	}
	_, _, contracts := newShapes(f)
	f.Fuzz(func(t *testing.T, reply []byte) {
		for _, name := range echoes {
			m := method(t, contracts, "Shapes_"+name)
			text, err := results(m, reply)
			require.LessOrEqual(t, len(text), 16*len(reply)+100)
			if err != nil {
				continue
			}
			require.True(t, json.Valid([]byte(text)), text)
			args, err := arguments(m, "["+text+"]")
			if err != nil {
				require.Regexp(t, "the text of an error takes|a key is there twice|nested 1001 deep", err.Error())
				continue
			}
			again, err := results(m, values(args))
			require.NoError(t, err)
			require.Equal(t, exact(t, text), exact(t, again))
		}
		_, _ = results(method(t, contracts, "Shapes_Many"), reply)
		_ = method(t, contracts, "Shapes_Count").Element(io.Discard, reply)
		method(t, contracts, "Shapes_Fail").Errors(reply)
	})
}

// exact is JSON with numbers as they are written.
func exact(t testing.TB, text string) (v any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&v), text)
	return v
}

// FuzzArguments gives any JSON. What is accepted is read by Go, and is the same JSON again.
func FuzzArguments(f *testing.F) {
	_, _, contracts := newShapes(f)
	for seed := range uint64(8) {
		for name, frame := range replies(f, seed) {
			text, err := results(method(f, contracts, "Shapes_"+name), frame)
			if err == nil {
				f.Add("[" + text + "]")
			}
		}
	}
	f.Add(`{"e": {"Color": "Red", "Figure": {"value": {}, "type": "Circle"}, "ByPoint": [{"key": {}, "value": true}]}}`)
	f.Add(`[{"Time": "2006-01-02T15:04:05.5+07:00", "Complex64": [1, "NaN"], "Raw": [ 1 ], "Addr": "::1", "Letter": "bGV0dGVyOg=="}]`)
	w, s, _ := newShapes(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range echoes {
			m := method(t, contracts, "Shapes_"+name)
			args, err := arguments(m, text)
			if err != nil {
				continue
			}
			once, err := results(m, values(args))
			require.NoError(t, err)
			args, err = arguments(m, "["+once+"]")
			if err != nil {
				require.ErrorContains(t, err, "nested 1001 deep")
				continue
			}
			twice, err := results(m, values(args))
			require.NoError(t, err)
			require.Equal(t, once, twice)

			w.reply = values(args)
			switch name {
			case "Echo":
				_, err = s.Echo(t.Context(), shapes.Everything{})
			case "EchoNode":
				_, err = s.EchoNode(nil)
			case "EchoLists":
				_, err = s.EchoLists(shapes.Lists{})
			}
			if err != nil { // what only the types themselves know: texts of marshalers, depth
				require.ErrorIs(t, err, contract.ErrFrame)
			}
		}
	})
}

// within wants f to allocate at most so many bytes.
func within(t *testing.T, bytes int, what string, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(bytes), what)
}

// Damaged replies are read or refused in memory that is a multiple of their size.
func TestDamagedReplies(t *testing.T) {
	_, _, contracts := newShapes(t)
	g := rand.New(rand.NewPCG(1, 2))
	for seed := range uint64(100) {
		for name, frame := range replies(t, seed) {
			for range 5 {
				frame := bytes.Clone(frame)
				for range 1 + g.IntN(3) {
					switch at := g.IntN(len(frame)); g.IntN(4) {
					case 0:
						frame = frame[:at+1]
					case 1:
						frame[at] ^= 1 << g.IntN(8)
					case 2:
						frame[at] = 0xff
					case 3:
						frame = append(frame[:at:at], frame[g.IntN(len(frame)):]...)
					}
				}
				within(t, 24*len(frame)+256<<10, name, func() { _ = method(t, contracts, "Shapes_"+name).Results(io.Discard, frame) })
			}
		}
	}
}

// Neither direction takes more than a small multiple of what is read, in time and memory.
func TestWhatTakesMuch(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing happens at the same time, and the race detector makes it slow")
	}
	w, s, contracts := newShapes(t)
	const size = 1 << 20
	many := func(e string) string { return "[" + strings.Repeat(e+",", size/(len(e)+1)) + e + "]" }
	deep := func(open, inside, end string, n int) string {
		return strings.Repeat(open, n) + inside + strings.Repeat(end, n)
	}
	long := `"` + strings.Repeat("x", size) + `"`
	for name, test := range map[string]struct{ function, text string }{
		"empty objects":  {"EchoLists", `[{"Empties":` + many("{}") + `}]`},
		"objects":        {"Echo", `[{"Points":` + many("{}") + `}]`},
		"empty maps":     {"EchoLists", `[{"Nested":` + many("{}") + `}]`},
		"empty lists":    {"Echo", `[{"Matrix":` + many("[]") + `}]`},
		"nulls":          {"Echo", `[{"Pointers":` + many("null") + `}]`},
		"digits":         {"EchoLists", `[{"Floats":` + many("1") + `}]`},
		"strings":        {"Echo", `[{"Strings":` + many(`""`) + `}]`},
		"errors":         {"Echo", `[{"Errs":` + many(`""`) + `}]`},
		"unions":         {"Echo", `[{"Figures":` + many(`{"type":"Word","value":""}`) + `}]`},
		"keys":           {"Echo", `[{"ByAddr":{"` + strings.Repeat("x", 5) + `":1}}]`},
		"text":           {"Echo", `[{"text":` + long + `}]`},
		"base64":         {"Echo", `[{"Bytes":"` + strings.Repeat("AAAA", size/4) + `"}]`},
		"raw":            {"Echo", `[{"Raw":` + many("[ ]") + `}]`},
		"deep":           {"EchoNode", `[` + deep(`{"Next":`, `{"Name":`+long+`}`, "}", 900) + `]`},
		"deep lists":     {"EchoNode", `[` + deep(`{"Children":[`, `{"Name":`+long+`}`, "]}", 400) + `]`},
		"deep maps":      {"EchoNode", `[` + deep(`{"ByName":{"":`, `{"Name":`+long+`}`, "}}", 400) + `]`},
		"deep unions":    {"Echo", `[{"Value":` + deep(`{"value":[`, `{"value":`+long+`,"type":"string"}`, `],"type":"[]Value"}`, 400) + `}]`},
		"no bytes":       {"EchoNode", `[{"Tree":` + deep("[", "", "]", 900) + `}]`},
		"wrong at last":  {"Echo", `[{"Strings":` + many(`""`)[:size] + `,1]}]`},
		"unknown fields": {"Echo", `[{"Points":` + many(`{"Z":1}`) + `}]`},
		"wrong function": {"Plain", many("{}")},
	} {
		m := method(t, contracts, "Shapes_"+test.function)
		var args []byte
		var err error
		begin := time.Now()
		within(t, 32*len(test.text)+1<<20, name, func() { args, err = arguments(m, test.text) })
		if err == nil {
			within(t, 32*len(args)+1<<20, name+", back", func() { err = m.Results(io.Discard, values(args)) })
			require.NoError(t, err, name)
		}
		assert.Less(t, time.Since(begin), 10*time.Second, name)
	}
	for n, good := range map[int]bool{400: true, 600: false} {
		node := &shapes.Node{}
		for range n {
			node = &shapes.Node{Children: []shapes.Node{*node}}
		}
		_, _ = s.EchoNode(node)
		_, err := results(method(t, contracts, "Shapes_EchoNode"), values(w.args))
		assert.Equal(t, good, err == nil, "%d", n)
	}
	_, err := arguments(method(t, contracts, "Shapes_EchoNode"), `[{"Tree":`+deep("[", "", "]", 1001)+`}]`)
	require.ErrorContains(t, err, "deep")
	var wrong *transcode.Error
	require.NotErrorAs(t, err, &wrong)
}
