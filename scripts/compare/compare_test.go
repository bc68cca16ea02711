package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/hotso/hotso/scripts/compare/codec/pb"
	"github.com/hotso/hotso/scripts/compare/shop"
)

func TestMedian(t *testing.T) {
	assert.Equal(t, 2.0, median([]float64{3, 1, 2}))
	assert.Equal(t, 2.5, median([]float64{4, 1, 3, 2}))
	assert.True(t, math.IsNaN(median(nil)))
	xs := []float64{3, 1, 2}
	median(xs)
	assert.Equal(t, []float64{3, 1, 2}, xs, "the rounds keep their order")
}

func TestRatioIsTakenWithinRounds(t *testing.T) {
	// The machine was ten times slower in the second round: each round says
	// 2, the medians (110 and 200) would not.
	a, b := []float64{20, 200, 22}, []float64{10, 100, 11}
	assert.Equal(t, 2.0, ratio(a, b))
	assert.Equal(t, 2.0, ratio(a[:1], b), "rounds that both have")
	assert.True(t, math.IsNaN(ratio(nil, b)))
}

func TestNumber(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 0.004: "0", 0.05: "0.05", 1: "1", 2.3: "2.3", 2.345: "2.35", 10.04: "10", 78.5: "78.5", 139.4: "139",
		70410: "70,410", 1234567: "1,234,567", -45: "-45", -28760: "-28,760", math.NaN(): "-",
	} {
		assert.Equal(t, want, number(x), "%v", x)
	}
	assert.Equal(t, "0.95x", multiple(0.951))
	assert.Equal(t, "<0.01x", multiple(0.001))
	assert.Equal(t, "-", multiple(math.NaN()))
}

var testPlace = place{
	Time: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), CPU: "Some <CPU>", Cores: 2,
	Go: "go1.26", OS: "linux", Arch: "amd64", Rounds: 3,
}

func figures(ns ...float64) (fs []Figure) {
	for _, n := range ns {
		fs = append(fs, Figure{Value: n, Allocs: 1})
	}
	return fs
}

func testRows() []*row {
	return []*row{
		{
			Contender: Contender{Name: hotsoName},
			figures: map[string][]Figure{
				Add: figures(100, 90, 110), Greet: figures(200), Bytes: figures(20_000), Scaling: figures(1.8), Load: figures(2e6),
			},
			left: &Left{},
		},
		{
			Contender: Contender{Name: "other", Process: true},
			figures:   map[string][]Figure{Add: figures(200, 180, 220), Greet: figures(100)},
			left:      &Left{RSS: 2105, Threads: 5.1, Maps: 36, FDs: 2},
		},
		{Contender: Contender{Name: contractName}, figures: map[string][]Figure{Order: figures(3000, 2000)}},
		{Contender: Contender{Name: "bytes"}, figures: map[string][]Figure{Order: figures(30_000, 10_000)}},
		{Contender: Contender{Name: "copies"}, figures: map[string][]Figure{Order: figures(1000)}},
		{Contender: Contender{Name: "absent"}, err: errors.New("no compiler\nmore")},
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, writeTable(&b, testPlace, testRows()))
	lines := strings.Split(b.String(), "\n")
	assert.Equal(t, "2026-11-23, Some <CPU>, 2 cores, go1.26 linux/amd64, 3 rounds. Medians.", lines[0])
	assert.Equal(t, "| **hotso, typed call** | 100 | 200 | 20 | - | 1 / 1 / 1 | 1.80x | 2 | 0 / 0 / 0 / 0 |", lines[4])
	assert.Equal(t, "| other | 200 | 100 | - | 0.50x / 2.00x / - | 1 / 1 / - | - | - | 2,105 / 5.1 / 36 / 2 (in the host) |", lines[5])
	assert.Contains(t, b.String(), `

| an order, carried by | order µs | the contract is | allocs |
|---|--:|--:|--:|
| copies | 1 | 3.00x | 1 |
| **hotso, contract** | 2.5 | - | 1 |
| bytes | 20 | 0.15x | 1 |

Not measured: absent: no compiler
`)
	assert.Equal(t, strings.Count(lines[2], "|"), strings.Count(lines[3], "|"), "as many columns as heads")
	assert.Equal(t, strings.Count(lines[2], "|"), strings.Count(lines[4], "|"), "as many cells as heads")
}

// The page on what calls cost shows the plot.
func TestProjectPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "performance.md"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "](../scripts/compare/compare.svg)")
	assert.FileExists(t, "compare.svg")
}

func TestPlotIsXML(t *testing.T) {
	svg := plot(testPlace, testRows())
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
	}
	assert.Contains(t, string(svg), "Some &lt;CPU&gt;")
	assert.Contains(t, string(svg), "prefers-color-scheme: dark")
	assert.NotContains(t, string(svg), "absent")
	assert.NotContains(t, string(svg), "NaN")
}

func TestChoose(t *testing.T) {
	assert.Len(t, choose(""), len(contenders))
	assert.Len(t, choose("cgo,hotso"), 9)
	assert.Empty(t, choose("nobody"))
}

// A wrong answer must not count as a fast one.
func TestPricersAreChecked(t *testing.T) {
	price := shop.Local{}.Price
	require.NoError(t, copied(strings.Clone).check())
	require.NoError(t, ofMessages(func(_ context.Context, m *pb.Order) (*pb.Order, error) {
		m = proto.CloneOf(m)
		return m, m.Price()
	}).check())
	for what, wrong := range map[string]func(context.Context, shop.Order) (shop.Order, error){
		"what went in was changed": price,
		"the order is":             func(_ context.Context, o shop.Order) (shop.Order, error) { return o, nil },
		"an empty order fails with": func(ctx context.Context, o shop.Order) (shop.Order, error) {
			o, _ = price(ctx, clone(o, strings.Clone))
			return o, nil
		},
	} {
		assert.ErrorContains(t, ofOrders(wrong).check(), what)
	}
}

// What hotso gen wrote is what it would write now.
func TestGenerated(t *testing.T) {
	for _, dir := range []string{"shop", filepath.Join("guest", "libshop")} {
		out, err := exec.CommandContext(t.Context(),
			"go", "run", "-C", filepath.Join("..", ".."), "./host/cmd/hotso",
			"gen", "--check", filepath.Join("scripts", "compare", dir)).CombinedOutput()
		require.NoError(t, err, string(out))
	}
}

// The whole command, with the contenders that take least time to build.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("builds libraries")
	}
	svg := filepath.Join(t.TempDir(), "plot.svg")
	mark := fmt.Sprintf("COMPARE_TEST=%d", os.Getpid())
	cmd := exec.CommandContext(t.Context(), "go", "run", ".", "--quick", "--only", "direct,hotso,purego,rpc,gRPC,yaegi,socket,in process", "--plot", svg)
	cmd.Env = append(os.Environ(), mark)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	require.NoError(t, err, said.String())
	for _, name := range []string{direct, hotsoName, "purego RegisterFunc", "go-plugin, gRPC", "yaegi"} {
		assert.Contains(t, string(out), name)
	}
	orders := string(out)[strings.Index(string(out), "an order, carried by"):]
	for _, c := range contenders {
		assert.Equal(t, c.Order != nil, strings.Contains(orders, c.Name), c.Name)
	}
	assert.NotContains(t, string(out), "Not measured")
	assert.FileExists(t, svg)
	assert.Empty(t, marked(t, mark), "processes that it left behind")
}

// marked returns the command lines of the processes that have this in their
// environment.
func marked(t *testing.T, variable string) (lines []string) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, dir := range dirs {
		env, _ := os.ReadFile(filepath.Join(dir, "environ")) // it may have ended, or be another user's
		if bytes.Contains(env, []byte(variable)) {
			line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return lines
}
