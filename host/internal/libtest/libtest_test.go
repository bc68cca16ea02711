package libtest

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/libbuild"
)

func TestMain(m *testing.M) {
	soon := Grace(500 * time.Millisecond)
	switch os.Getenv("LIBTEST_OPTION") {
	case "strict":
		Main(m, soon)
	case "resident":
		Main(m, soon, AllowResident())
	}
	Main(m)
}

func TestLibraries(t *testing.T) {
	for _, test := range []struct {
		lib       string
		opts      []Option
		file      string
		abi       uint32 // 0: not sealed
		functions string // some of them, as "name signature"
	}{
		{"badabi", nil, "libbadabi.v7.so", 99, "Answer func() int32"},
		{"badstart", []Option{LDFlags("-X main.mode=panic")}, "libbadstart.v7.so", abi.Version, "Answer func() int32"},
		{"counter", nil, "libcounter.v7.so", abi.Version, "Increment func() int64"},
		{"echo", nil, "libecho.v7.so", abi.Version, "Mixed func(a int8, x float32, b uint16, s string, y float64, " +
			"c bool, d int64, p []byte, e uint32) (string, error)"},
		{"missing", []Option{Named("greeter")}, "libgreeter.v7.so", abi.Version, "GreetName func(name string) (string, error)"},
		{"notours", nil, "libnotours.v7.so", 0, ""},
		{"panics", nil, "libpanics.v7.so", abi.Version, "Nil func() (int32, error)"},
		{"plainc", nil, "libplainc.v7.so", 0, ""},
		{"slow", nil, "libslow.v7.so", abi.Version, "Sleep func(ms int64) int64"},
		{"tiny", nil, "libtiny.v7.so", abi.Version, "Answer func() int32"},
	} {
		t.Run(test.lib, func(t *testing.T) {
			path := Build(t, test.lib, "7", test.opts...)
			assert.Equal(t, test.file, filepath.Base(path))
			f, err := elf.Open(path)
			require.NoError(t, err)
			defer f.Close()
			assert.Equal(t, elf.ET_DYN, f.Type)

			data, err := os.ReadFile(path)
			require.NoError(t, err)
			s, err := manifest.Unseal(data)
			if test.abi == 0 {
				require.ErrorIs(t, err, manifest.ErrNoSeal)
				return
			}
			require.NoError(t, err)
			image, m := s.Image, s.Manifest
			assert.Equal(t, test.abi, m.ABI)
			assert.Equal(t, "7", m.Version)
			name, signature, _ := strings.Cut(test.functions, " ")
			fn, ok := m.Function(name)
			assert.True(t, ok)
			assert.Equal(t, signature, fn.Signature)
			_, ok = m.Function("Add")
			assert.False(t, ok)
			at := bytes.Index(image, []byte(abi.Magic))
			require.Positive(t, at)
			d, err := abi.DecodeDescriptor(image[at:])
			require.NoError(t, err)
			assert.Equal(t, abi.Descriptor{ABI: test.abi, Flags: d.Flags, Name: m.Name, Version: "7"}, d)
		})
	}
}

func TestAFileIsTheTestsOwn(t *testing.T) {
	first := Greeter(t, "1")
	want, err := os.ReadFile(first)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(first, nil, 0o666))
	second := Greeter(t, "1")
	got, err := os.ReadFile(second)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got))
	assert.NotEqual(t, first, second)
}

func TestTheCacheKnowsWhatItIsBuiltFrom(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	root := moduleRoot(t)
	libs, err := filepath.Glob(filepath.Join(root, "testdata", "libs", "*", "main.go"))
	require.NoError(t, err)
	require.NotEmpty(t, libs)
	examples, err := filepath.Glob(filepath.Join(root, "examples", "*", "lib*", "main.go"))
	require.NoError(t, err)
	require.NotEmpty(t, examples)
	for _, dir := range append(append(libs, examples...), filepath.Join(root, "libgreeter", "main.go")) {
		dir = filepath.Dir(dir)
		packages := []string{".", "github.com/hotso/hotso/host/internal/libbuild"}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			packages = packages[:1] // a module of its own does not need the builder
		}
		list := exec.Command("go", append([]string{"list", "-deps", "-f", "{{if not .Standard}}{{.Dir}}{{end}}"},
			packages...)...)
		list.Dir = dir
		list.Env = append(list.Environ(), "CGO_ENABLED=1")
		out, err := list.Output()
		require.NoError(t, err)
		for dep := range strings.FieldsSeq(string(out)) {
			assert.True(t, covered(root, dir, dep), "%s is built from %s: add it to sources", dir, dep)
		}
	}
}

// covered reports whether a change to the package dep changes the cache's key. A change
// in another module does, through its version in go.sum.
func covered(root, dir, dep string) bool {
	within := func(tree string) bool { return dep == tree || strings.HasPrefix(dep, tree+"/") }
	for _, source := range sources {
		if within(filepath.Join(root, source)) {
			return true
		}
	}
	return within(dir) || !within(root)
}

func TestContentKey(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "lib")
	write := func(name, text string) {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	key := func(o libbuild.Options) string {
		o.Dir = dir
		sources, err := sourcesDigest(root)
		require.NoError(t, err)
		k, err := contentKey(root, sources, o)
		require.NoError(t, err)
		return k
	}
	write("lib/main.go", "package main")
	seen := map[string]string{}
	differs := func(what string, o libbuild.Options) {
		k := key(o)
		assert.Equal(t, k, key(o))
		assert.NotContains(t, seen, k, "%s is the same as %s", what, seen[k])
		seen[k] = what
	}
	differs("nothing", libbuild.Options{})
	differs("flags", libbuild.Options{LDFlags: "-s"})
	differs("tags", libbuild.Options{Tags: "a"})
	differs("race", libbuild.Options{Race: true})
	t.Setenv("GOFLAGS", "-x")
	differs("environment", libbuild.Options{})
	write("cabi/shim.c", "int x;")
	differs("a C file of cabi", libbuild.Options{})
	write("include/cabi.h", "int x;")
	differs("a header", libbuild.Options{})
	write("lib/sub/logic.go", "package sub")
	differs("a package below", libbuild.Options{})

	same := key(libbuild.Options{})
	write("lib/main_test.go", "package main")
	write("host/slot.go", "package host")
	assert.Equal(t, same, key(libbuild.Options{}))
	assert.Equal(t, same, key(libbuild.Options{Name: "a", Version: "2"}), "they are stamped")
}

func TestLockIsExclusive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var wg sync.WaitGroup
	var inside, most atomic.Int32
	for range 8 {
		wg.Go(func() {
			for range 50 {
				unlock, err := lock(path)
				if !assert.NoError(t, err) {
					return
				}
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				runtime.Gosched()
				inside.Add(-1)
				unlock()
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 1, most.Load())
}

func TestPrune(t *testing.T) {
	cache := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"aaold": 2 * unused, "aanew": unused / 2} {
		dir := filepath.Join(cache, name)
		require.NoError(t, os.Mkdir(dir, 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "libx.v1.so"), nil, 0o666))
		require.NoError(t, os.Chtimes(dir, now.Add(-age), now.Add(-age)))
	}
	prune(cache, now.Add(-unused))
	assert.NoDirExists(t, filepath.Join(cache, "aaold"))
	assert.FileExists(t, filepath.Join(cache, "aanew", "libx.v1.so"))
}

func TestReseal(t *testing.T) {
	path := Build(t, "badabi", "1")
	Reseal(t, path, func(image []byte, m *manifest.Manifest) []byte {
		m.Arch = "pdp11"
		return append(image, 0)
	})
	s := unseal(t, path)
	image, m := s.Image, s.Manifest
	assert.Equal(t, "pdp11", m.Arch)
	assert.EqualValues(t, m.Image.Size, len(image))

	Unseal(t, path)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(image, data))
	_, err = manifest.Unseal(data)
	require.ErrorIs(t, err, manifest.ErrNoSeal)
}
