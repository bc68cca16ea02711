package contracttest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/served"
	"github.com/hotso/hotso/testdata/contracts/shapes/shapestest"
)

// The TLS carrier, the eventfd for crashes, and the list of threads stay until the process ends.
func TestMain(m *testing.M) {
	libtest.Main(m, libtest.Allow("hotso-tls", "anon_inode:[eventfd]", "/task"))
}

func open(t *testing.T, path string) shapes.Shapes {
	t.Helper()
	lib, err := host.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := lib.Close(context.Background())
		assert.NoError(t, err)
	})
	s, err := shapes.Bind(lib)
	require.NoError(t, err)
	return s
}

// each tries f with a library, and with the same code linked into the program.
func each(t *testing.T, f func(*testing.T, shapes.Shapes)) {
	t.Run("library", func(t *testing.T) { f(t, open(t, libtest.Build(t, "shapes", "1"))) })
	t.Run("builtin", func(t *testing.T) {
		slot := host.NewSlot("shapes", host.Fallback(host.Builtin("1", served.Shapes{Version: "1"})))
		t.Cleanup(func() {
			_, err := slot.Close(context.Background())
			assert.NoError(t, err)
		})
		s, err := shapes.Bind(slot)
		require.NoError(t, err)
		f(t, s)
	})
	t.Run("hosttest", func(t *testing.T) {
		s, err := shapes.Bind(hosttest.New(t, served.Shapes{Version: "1"}))
		require.NoError(t, err)
		f(t, s)
	})
}

func newSlot(t *testing.T, opts ...host.Option) *host.Slot {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("libraries are not unloaded here")
	}
	slot := host.NewSlot("shapes", opts...)
	t.Cleanup(func() { _, _ = slot.Close(context.Background()) })
	return slot
}

func TestValues(t *testing.T) { each(t, testValues) }

func testValues(t *testing.T, s shapes.Shapes) {
	rounds, size := uint64(40), 5<<20
	if testing.Short() {
		rounds, size = 6, 300<<10
	}
	var earlier []func() // what came stays what it was
	for seed := range rounds {
		ctx := context.Background()
		if seed%2 == 0 {
			ctx = t.Context() // which can end, so another goroutine makes the call
		}
		g := shapestest.New(seed)
		everything := shapestest.Value[shapes.Everything](g, 6)
		everything.Hide(g.Text(), g.IntN(100))
		got, err := s.Echo(ctx, everything)
		require.NoError(t, err)
		shapestest.Same(t, everything, got, seed)
		node := shapestest.Value[shapes.Node](g, 6)
		gotNode, err := s.EchoNode(&node)
		require.NoError(t, err)
		shapestest.Same(t, &node, gotNode, seed)
		earlier = append(earlier, func() {
			shapestest.Same(t, everything, got, seed)
			shapestest.Same(t, &node, gotNode, seed)
		})
	}
	for _, check := range earlier {
		check()
	}
	large := shapes.Everything{Bytes: make([]byte, size), String: strings.Repeat("x", size/5)}
	got, err := s.Echo(t.Context(), large)
	require.NoError(t, err)
	shapestest.Same(t, large, got, 0)
	assert.Equal(t, 3, s.Plain(2))
	s.Nothing()
	later, err := s.Later("this")
	require.NoError(t, err)
	assert.Equal(t, "this of v1", later)
}

// A call allocates in the host what its results consist of, no more.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector drops what sync.Pool has")
	}
	s := open(t, libtest.Build(t, "shapes", "1"))
	assert.Zero(t, testing.AllocsPerRun(100, s.Nothing))
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = s.Later("this") }), 1.0)
	long := strings.Repeat("x", 10<<10) // beyond what a frame has room for
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = s.Later(long) }), 1.0)
}

func TestErrors(t *testing.T) { each(t, testErrors) }

func testErrors(t *testing.T, s shapes.Shapes) {
	fail := func(how string) error { _, err := s.Fail(t.Context(), how); return err }
	require.NoError(t, fail(""))
	err := fail("wrapped")
	require.ErrorIs(t, err, shapes.ErrSad)
	require.EqualError(t, err, "twice: once: sad")
	require.ErrorIs(t, err, host.ErrCall)
	var call *host.CallError
	require.ErrorAs(t, err, &call)
	assert.Equal(t, "Shapes_Fail", call.Function)
	assert.Equal(t, "twice: once: sad", call.Message)
	err = fail("typed")
	var notFound *shapes.NotFound
	require.ErrorAs(t, err, &notFound)
	assert.Equal(t, []string{"here", "there"}, notFound.Where)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, fail("eof"), io.EOF)
	for _, how := range []string{"deep", "wide", "long", "huge"} { // they fit into a message
		var call *contract.CallError
		require.ErrorAs(t, fail(how), &call, how)
	}
	require.ErrorIs(t, fail("panic"), host.ErrPanic)
	_, err = s.EchoNode(&shapes.Node{Name: "cycle"})
	require.ErrorIs(t, err, contract.ErrCycle)
	err = func() (err error) {
		defer func() { err, _ = recover().(error) }()
		s.Plain(-1)
		return nil
	}()
	require.ErrorIs(t, err, host.ErrPanic, "a method without an error panics with that of the call")
}

func TestContext(t *testing.T) { each(t, testContext) }

func testContext(t *testing.T, s shapes.Shapes) {
	seen, err := s.Context(context.Background(), false)
	require.NoError(t, err)
	assert.Zero(t, seen)
	ctx, cancel := context.WithTimeout(shapes.WithTrace(t.Context(), "00-1-2"), time.Hour)
	defer cancel()
	seen, err = s.Context(ctx, false)
	require.NoError(t, err)
	assert.True(t, seen.Deadline)
	assert.InDelta(t, time.Hour, seen.Left, float64(10*time.Minute))
	assert.Equal(t, "00-1-2", seen.Trace)
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = s.Context(ctx, true)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestOptionsOfMethods(t *testing.T) {
	slot := newSlot(t)
	_, err := slot.Swap(t.Context(), libtest.Build(t, "shapes", "1"))
	require.NoError(t, err)
	for name, c := range map[string]host.Caller{"slot": slot, "library": slot.Current()} {
		s, err := shapes.Bind(host.Methods{"": {host.Stay()}, "Context": {host.Limit(20 * time.Millisecond)}}.Of(c))
		require.NoError(t, err)
		_, err = s.Context(context.Background(), true) // which waits until its context ends
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
		shapestest.Functions(t, s)
		shapestest.Connections(t, s)

		s, err = shapes.Bind(host.Methods{"": {host.Limit(20 * time.Millisecond)}}.Of(c))
		require.NoError(t, err)
		_, err = s.Context(context.Background(), true)
		require.ErrorIs(t, err, context.DeadlineExceeded, name)

		for _, unknown := range []string{"Contxt", "Conn.Red", "Conn.free", "Shapes.Echo"} {
			_, err = shapes.Bind(host.Methods{unknown: {host.Stay()}}.Of(c))
			require.ErrorIs(t, err, host.ErrArgument, unknown)
			require.ErrorContains(t, err, "options for "+unknown+", and Shapes has no such method")
		}
		_, err = shapes.Bind(host.Methods{"Conn.Read": {host.Stay()}}.Of(c))
		require.NoError(t, err)
	}
}

func TestFunctions(t *testing.T) { each(t, testFunctions) }

func testFunctions(t *testing.T, s shapes.Shapes) {
	shapestest.Functions(t, s)
	shapestest.Borrowed(t, s)
}

func TestReaders(t *testing.T) { each(t, testReaders) }

func testReaders(t *testing.T, s shapes.Shapes) {
	shapestest.Readers(t, s)
	shapestest.Connections(t, s)
}

func TestSequences(t *testing.T) { each(t, testSequences) }

func testSequences(t *testing.T, s shapes.Shapes) {
	n := 0
	for p, err := range s.Count(t.Context(), 100, "") {
		require.NoError(t, err)
		assert.Equal(t, shapes.Point{X: float64(n)}, p)
		n++
	}
	assert.Equal(t, 100, n)
	var failed error
	for _, failed = range s.Count(t.Context(), 2, "sad") {
	}
	require.ErrorIs(t, failed, shapes.ErrSad)
	for range s.Count(t.Context(), 1000, "") {
		break
	}
	for _, failed = range s.Count(t.Context(), 0, "nil") {
	}
	require.ErrorContains(t, failed, "the sequence is nil")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, failed = range s.Count(ctx, 1, "wait") {
		cancel()
	}
	require.ErrorIs(t, failed, context.Canceled)
}

// Values go there and back while versions change, and no call is lost.
func TestSwapsUnderCalls(t *testing.T) {
	slot := newSlot(t)
	paths := []string{libtest.Build(t, "shapes", "1"), libtest.Build(t, "shapes", "2"), libtest.Build(t, "shapes", "3")}
	s, err := shapes.Bind(slot)
	require.NoError(t, err)
	_, err = s.Echo(t.Context(), shapes.Everything{})
	require.ErrorIs(t, err, host.ErrEmpty)
	_, err = slot.Swap(t.Context(), paths[0])
	require.NoError(t, err)

	var over atomic.Bool
	var calls atomic.Int64
	var callers sync.WaitGroup
	for i := range 3 {
		callers.Go(func() {
			for seed := uint64(i); !over.Load(); seed += 3 {
				node := shapestest.Value[shapes.Node](shapestest.New(seed), 5)
				got, err := s.EchoNode(&node)
				if !assert.NoError(t, err) {
					return
				}
				shapestest.Same(t, &node, got, seed)
				calls.Add(1)
			}
		})
	}
	for _, path := range paths[1:] {
		before := calls.Load()
		require.Eventually(t, func() bool { return calls.Load() > before+10 || t.Failed() }, time.Minute, time.Millisecond)
		_, err := slot.Swap(t.Context(), path)
		require.NoError(t, err)
	}
	over.Store(true)
	callers.Wait()
	later, err := s.Later("now")
	require.NoError(t, err)
	assert.Equal(t, "now of v3", later)
}

// resealed is a copy of a library whose manifest was changed.
func resealed(t *testing.T, path string, change func(m *manifest.Manifest)) string {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	s, err := manifest.Unseal(file)
	require.NoError(t, err)
	m := *s.Manifest
	change(&m)
	file, err = manifest.Seal(s.Image, &m)
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), filepath.Base(path))
	require.NoError(t, os.WriteFile(copied, file, 0o755))
	return copied
}

// schemaWith replaces something in the schema.
func schemaWith(t *testing.T, from, to string) func(*manifest.Manifest) {
	return func(m *manifest.Manifest) {
		require.Contains(t, string(m.Contracts[0].Schema), from)
		m.Contracts = []manifest.Contract{{Name: "Shapes", Schema: []byte(strings.Replace(string(m.Contracts[0].Schema), from, to, 1))}}
	}
}

func without(method string) func(*manifest.Manifest) {
	return func(m *manifest.Manifest) {
		m.Functions = slices.DeleteFunc(slices.Clone(m.Functions), func(f manifest.Function) bool { return f.Name == "Shapes_"+method })
	}
}

func TestIncompatibleVersionsAreRefused(t *testing.T) {
	one, two := libtest.Build(t, "shapes", "1"), libtest.Build(t, "shapes", "2")
	const field, changed = `{"name":"X","type":"float64"}`, `{"name":"X","type":"int64"}`

	slot := newSlot(t)
	s, err := shapes.Bind(slot)
	require.NoError(t, err)
	_, err = slot.Swap(t.Context(), one)
	require.NoError(t, err)
	for _, test := range []struct {
		change func(*manifest.Manifest)
		says   string
	}{
		{schemaWith(t, field, changed), "Point.X: float64 became int64"},
		{schemaWith(t, field+",", ""), "since v1: Point.X: the field was removed"},
		{schemaWith(t, `"name":"Plain"`, `"name":"Plan"`), "Shapes.Plain: the library has no such method"},
		{schemaWith(t, `"wire":1`, `"wire":2`), "wire format 2"},
		{func(m *manifest.Manifest) { m.Contracts = nil }, "it serves no contract Shapes"},
	} {
		_, err := slot.Swap(t.Context(), resealed(t, two, test.change))
		require.ErrorIs(t, err, host.ErrContract, test.says)
		require.ErrorIs(t, err, host.ErrRefused)
		require.ErrorContains(t, err, test.says)
		assert.Equal(t, "1", slot.Current().Version())
	}
	_, err = slot.Swap(t.Context(), resealed(t, two, without("Echo")))
	require.ErrorIs(t, err, host.ErrFunction)
	assert.Equal(t, 1, s.Plain(0))
	// What was added is no reason.
	_, err = slot.Swap(t.Context(), resealed(t, two, schemaWith(t, field, field+`,{"name":"Z","type":"float64"}`)))
	require.NoError(t, err)

	lib, err := host.Open(t.Context(), resealed(t, one, schemaWith(t, field, changed)))
	require.NoError(t, err)
	_, err = shapes.Bind(lib)
	require.ErrorIs(t, err, host.ErrContract)
	require.ErrorContains(t, err, "Point.X: float64 became int64")
	_, err = lib.Close(context.Background())
	require.NoError(t, err)
}

// An older library may lack a method that came later, and fields.
func TestOlderLibraries(t *testing.T) {
	older := resealed(t, libtest.Build(t, "shapes", "1"), func(m *manifest.Manifest) {
		without("Later")(m)
		schemaWith(t, `{"name":"Later","since":2,"params":[{"name":"a","type":"string"}],"results":["string"],"error":true},`, "")(m)
		schemaWith(t, `{"name":"Note","type":"string"}`, `{"name":"Nota","type":"string"}`)(m)
	})
	s := open(t, older)
	_, err := s.Later("a")
	require.ErrorIs(t, err, contract.ErrNotOffered)

	slot := newSlot(t)
	s, err = shapes.Bind(slot)
	require.NoError(t, err)
	_, err = slot.Swap(t.Context(), older)
	require.NoError(t, err)
	_, err = s.Later("a")
	require.ErrorIs(t, err, contract.ErrNotOffered)
	require.True(t, errors.Is(err, host.ErrFunction))
	assert.Equal(t, 1, s.Plain(0))
	_, err = slot.Swap(t.Context(), resealed(t, libtest.Build(t, "shapes", "2"),
		schemaWith(t, `{"name":"Note","type":"string"}`, `{"name":"Note","type":"string"},{"name":"Nota","type":"string"}`)))
	require.NoError(t, err)
	later, err := s.Later("a")
	require.NoError(t, err)
	assert.Equal(t, "a of v2", later)
}

// TestExample runs the program of examples/contract.
func TestExample(t *testing.T) {
	root, err := libtest.Root()
	require.NoError(t, err)
	library := libtest.Build(t, filepath.Join(root, "examples", "contract", "libhello"), "1", libtest.Named("hello"))
	out := runExample(t, "./examples/contract/host", library, "Ada", "Grace", "", "Ada", "Ada", "Ada")
	assert.Equal(t, `Hello, Ada!
Hello, Grace!
Who is there?
Hello, Ada!
Hello, Ada!
Ada was greeted 3 times.
4 greetings
`, out)
}

// TestExampleInPython runs examples/contract/python, which knows docs/wire.md and nothing of Go.
func TestExampleInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine: ", err)
	}
	root, err := libtest.Root()
	require.NoError(t, err)
	library := libtest.Build(t, filepath.Join(root, "examples", "contract", "libhello"), "1", libtest.Named("hello"))
	out, err := exec.Command(python, "-W", "error", filepath.Join(root, "examples", "contract", "python", "hello.py"),
		library, "Ada", "Grace", "", "Ada", "Ada", "Ada").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, `Hello, Countess of Lovelace Ada!
Hello, Countess of Lovelace Grace!
Who is there?
Hello, Countess of Lovelace Ada!
Hello, Countess of Lovelace Ada!
Not again: Ada was greeted often enough
4 greetings, in order
`, string(out))
}

// runExample builds and runs a program of the examples, and returns what it prints.
func runExample(t *testing.T, pkg string, args ...string) string {
	t.Helper()
	root, err := libtest.Root()
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "host")
	build := exec.Command("go", "build", "-o", program, pkg)
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.Command(program, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// What a call of a contract costs in a library, and in the program itself.
func BenchmarkBuiltinContract(b *testing.B) {
	ctx := context.Background()
	for _, where := range []string{"library", "builtin"} {
		opts := []host.Option{}
		if where == "builtin" {
			opts = append(opts, host.Fallback(host.Builtin("1", served.Shapes{Version: "1"})))
		}
		slot := host.NewSlot("shapes", opts...)
		if where == "library" {
			_, err := slot.Swap(ctx, libtest.Build(b, "shapes", "1"))
			require.NoError(b, err)
		}
		s, err := shapes.Bind(slot)
		require.NoError(b, err)
		e := shapestest.Value[shapes.Everything](shapestest.New(1), 3)
		b.Run(where, func(b *testing.B) {
			for b.Loop() {
				_, _ = s.Echo(ctx, e)
			}
		})
		_, _ = slot.Close(ctx)
	}
}
