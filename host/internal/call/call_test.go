package call_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
)

// callee compiles testdata/callee.c and returns its symbols.
func callee(t testing.TB) func(name string) uintptr {
	t.Helper()
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if _, err := exec.LookPath(cc); err != nil {
		t.Skip("no C compiler: ", err)
	}
	file := filepath.Join(t.TempDir(), "callee.so")
	out, err := exec.Command(cc, "-shared", "-fPIC", "-O1", "-o", file, "testdata/callee.c").CombinedOutput()
	require.NoError(t, err, "%s", out)
	handle, err := dl.Open(file)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, handle.Close()) })
	return func(name string) uintptr {
		t.Helper()
		addr, err := handle.Sym(name)
		require.NoError(t, err)
		return addr
	}
}

func TestIntegers(t *testing.T) {
	sym := callee(t)
	assert.EqualValues(t, 42, call.Call(sym("ints0")))
	assert.EqualValues(t, 123456, call.Call(sym("ints6"), 1, 2, 3, 4, 5, 6))
	assert.EqualValues(t, 1234567, call.Call(sym("ints7"), 1, 2, 3, 4, 5, 6, 7))
	minus := uint64(math.MaxUint64)
	assert.EqualValues(t, -111111, int64(call.Call(sym("ints6"), minus, minus, minus, minus, minus, minus)))

	if call.MaxInts < 24 {
		t.Skipf("a frame takes only %d arguments on %s", call.MaxInts, runtime.GOARCH)
	}
	many := make([]uint64, call.MaxInts)
	for i := range many {
		many[i] = uint64(i % 9)
	}
	digits := func(from int) (n uint64) {
		for _, d := range many[from : from+6] {
			n = 10*n + d
		}
		return n
	}
	want := digits(0) + digits(6)*1_000_000 + digits(12)*1_000_000_000_000
	for i, v := range many[18:] {
		want += v << i
	}
	assert.Equal(t, want, call.Call(sym("ints24"), many...))
}

func TestFloats(t *testing.T) {
	sym := callee(t)
	f := call.Get()
	defer f.Put()
	f.Fn = sym("floats8")
	call.Declare(f.Fn, call.MaxFloats, 8)
	for i := range call.MaxFloats {
		f.Float(math.Float64bits(float64(i + 1)))
	}
	f.Do()
	assert.Equal(t, 12345678.0, math.Float64frombits(f.F0))

	f32 := call.Get()
	defer f32.Put()
	f32.Fn = sym("halve")
	call.Declare(f32.Fn, 1, 4)
	f32.Float(call.Float32(math.Float32bits(-3)))
	f32.Do()
	assert.Equal(t, float32(-1.5), math.Float32frombits(uint32(f32.F0)))
}

// Each class has registers of its own, and only what is left goes to the stack.
func TestMixed(t *testing.T) {
	f := call.Get()
	defer f.Put()
	f.Fn = callee(t)("mixed")
	call.Declare(f.Fn, 3, 8)
	minus := func(n int64) uint64 { return uint64(-n) }
	f.Int(minus(128))
	f.Float(math.Float64bits(0.5))
	f.Int(math.MaxUint16)
	f.Float(call.Float32(math.Float32bits(0.25)))
	f.Int(minus(1 << 40))
	f.Int(minus(3))
	f.Int(4)
	f.Float(math.Float64bits(0.125))
	f.Int(1 << 41)
	f.Int(minus(1))
	f.Do()
	assert.Equal(t, -128+0.5+math.MaxUint16+0.25-(1<<40)-3+4+0.125+(1<<41)-1, math.Float64frombits(f.F0))
}

// Floats are told from integers also where the result is none of them.
func TestFloatsOnly(t *testing.T) {
	f := call.Get()
	defer f.Put()
	f.Fn = callee(t)("truncated")
	call.Declare(f.Fn, 2, 0)
	f.Int(40)
	f.Float(math.Float64bits(1.75))
	f.Float(call.Float32(math.Float32bits(0.5)))
	f.Do()
	assert.EqualValues(t, 42, f.R0)
}

// A uint32 that a callee widens.
func TestNarrow(t *testing.T) {
	widen := callee(t)("widen")
	assert.EqualValues(t, math.MaxUint32, call.Call(widen, call.Uint32(math.MaxUint32)))
}

// What a callee keeps for its thread is taken on that thread, from any number.
func TestGuarded(t *testing.T) {
	sym := callee(t)
	pending, keep, take := sym("pending"), sym("keep"), sym("take")
	var wg sync.WaitGroup
	for n := range uint64(8) {
		wg.Go(func() {
			f := call.Get()
			defer f.Put()
			f.Fn = keep
			f.Guarded(*(**uint32)(unsafe.Pointer(&pending)), take)
			for i := range uint64(500) {
				kept := i % 2 * (n + 1) // 0: nothing
				f.Ints(0)
				f.Int(kept)
				f.Do()
				assert.EqualValues(t, kept, int32(f.Status))
				assert.EqualValues(t, kept+1, f.R0)
			}
		})
	}
	wg.Wait()
}

func TestStackAndRegistersAreKept(t *testing.T) {
	sym := callee(t)
	for n := range uint64(3) {
		assert.EqualValues(t, 1, call.Call(sym("aligned"), n, n, n, n, n, n, n))
		assert.EqualValues(t, 1, call.Call(sym("spoil")))
	}
}

func TestOutput(t *testing.T) {
	f := call.Get()
	defer f.Put()
	f.Fn = callee(t)("fill")
	f.Output(0)
	f.Do()
	assert.Zero(t, int32(f.R0))
	assert.EqualValues(t, len(f.Buffer), f.Length)
	assert.Equal(t, "abc", string(f.Buffer[:3]))
	assert.EqualValues(t, 'a'+(len(f.Buffer)-1)%26, f.Buffer[len(f.Buffer)-1])
}

// A frame carries as many Go pointers as it says, and that of a result beside them.
func TestPointersAndAResult(t *testing.T) {
	f := call.Get()
	defer f.Put()
	for range call.MaxPointers {
		f.Pointer(unsafe.Pointer(new(int)))
	}
	assert.NotPanics(t, func() { f.Pointer(unsafe.Pointer(&f.Scalar)) })
}

// A frame that was used is empty when it comes back.
func TestFramesAreReused(t *testing.T) {
	sym := callee(t)
	ints6, ints24 := sym("ints6"), sym("ints24")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				call.Call(ints24, make([]uint64, call.MaxInts)...)
				assert.EqualValues(t, 123456, call.Call(ints6, 1, 2, 3, 4, 5, 6))
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
}

func BenchmarkCall(b *testing.B) {
	sym := callee(b)
	for name, args := range map[string]int{"ints0": 0, "ints6": 6, "ints24": 24} {
		fn := sym(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f := call.Get()
				f.Fn = fn
				for range args {
					f.Int(1)
				}
				f.Do()
				f.Put()
			}
		})
	}
}
