package libbuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
)

const preamble = "package main\n\n// #include \"cabi.h\"\nimport \"C\"\n\n"

func TestSignatures(t *testing.T) {
	for _, test := range []struct{ decl, want string }{
		{"()", "func()"},
		{"(a, b int32) int32", "func(a int32, b int32) int32"},
		{"(a, b C.int32_t) C.int32_t", "func(a int32, b int32) int32"},
		{"(int8, C.int8_t) int8", "func(int8, int8) int8"},
		{"(a int16, b C.int16_t) C.int16_t", "func(a int16, b int16) int16"},
		{"(a int64, b C.int64_t) C.int64_t", "func(a int64, b int64) int64"},
		{"(a uint8, b C.uint8_t, c byte) C.uint8_t", "func(a uint8, b uint8, c uint8) uint8"},
		{"(a uint16, b C.uint16_t) C.uint16_t", "func(a uint16, b uint16) uint16"},
		{"(a uint32, b C.uint32_t, c rune) C.uint32_t", "func(a uint32, b uint32, c int32) uint32"},
		{"(a uint64, b C.uint64_t) C.uint64_t", "func(a uint64, b uint64) uint64"},
		{"(a float32, b C.float) C.float", "func(a float32, b float32) float32"},
		{"(a float64, b C.double) C.double", "func(a float64, b float64) float64"},
		{"(a bool, b C.bool, c C._Bool) C.bool", "func(a bool, b bool, c bool) bool"},
		{"(_ int32, _ int64)", "func(int32, int64)"},
		{"(n int64) (sum int64)", "func(n int64) int64"},
		{"() *C.char", "func() cstring"},
		{"() C.hotso_status", "func() error"},
		{"(n int32) C.hotso_status", "func(n int32) error"},
		{"(name *C.hotso_cchar, nameLen C.size_t)", "func(name string)"},
		{"(data *C.hotso_cbyte, n C.size_t) uint64", "func(data []byte) uint64"},
		{"(n int32, result *C.int32_t) C.hotso_status", "func(n int32) (int32, error)"},
		{"(result *float64) C.hotso_status", "func() (float64, error)"},
		{"(result *bool) C.hotso_status", "func() (bool, error)"},
		{"(out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status", "func() (string, error)"},
		{"(out *C.uint8_t, outCap C.size_t, outLen *C.size_t) C.hotso_status", "func() ([]byte, error)"},
		{
			"(name *C.hotso_cchar, nameLen C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status",
			"func(name string) (string, error)",
		},
		{
			"(a int8, s *C.hotso_cchar, n C.size_t, x C.double, b *C.hotso_cbyte, m C.size_t, ok *bool) C.hotso_status",
			"func(a int8, s string, x float64, b []byte) (bool, error)",
		},
	} {
		t.Run(test.decl, func(t *testing.T) {
			got, err := scanFile("main.go", preamble+"//export F\nfunc F"+test.decl+" { panic(0) }\n")
			require.NoError(t, err)
			require.Equal(t, []manifest.Function{{Name: "F", Signature: test.want}}, got)
			_, err = abi.ParseSignature(got[0].Signature)
			require.NoError(t, err)
		})
	}
}

func TestSlices(t *testing.T) {
	for elem, c := range map[string]string{
		"int8": "int8_t", "int16": "int16_t", "int32": "int32_t", "int64": "int64_t",
		"uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t", "float32": "float", "float64": "double",
	} {
		src := preamble + "//export F\nfunc F(xs *C.hotso_c" + strings.TrimSuffix(c, "_t") + ", n C.size_t, " +
			"out *C." + c + ", outCap C.size_t, outLen *C.size_t) C.hotso_status { return 0 }\n"
		got, err := scanFile("main.go", src)
		require.NoError(t, err)
		assert.Equal(t, []manifest.Function{{Name: "F", Signature: "func(xs []" + elem + ") ([]" + elem + ", error)"}}, got)
	}
}

func TestStructsNeedASignature(t *testing.T) {
	const point = "struct{X float64; Y float64}"
	for _, test := range []struct{ signature, decl, says string }{
		{"func(p " + point + ") (" + point + ", error)", "(p *C.p, result *C.p) C.hotso_status", ""},
		{"func(p " + point + ") float64", "(p *C.p) float64", ""},
		{"func(n int32)", "(n int32)", ""},
		{"func(n int32)", "(n int64)", "but the function is func(n int64)"},
		{"func(p " + point + ")", "(n int32)", "but the function is func(n int32)"},
		{"func(p " + point + ")", "(p *C.p, n int32)", "but the function is"},
		{"func(n int32, p " + point + ")", "(p *C.p, n int32)", "p is *C.p"},
		{"func(p string)", "(p *C.p)", "p is *C.p"},
		{"func(p " + point + ")", "(p *C.int32_t)", "p is *C.int32_t"},
		{"func() (" + point + ", error)", "(out *C.size_t) C.hotso_status", "out is *C.size_t"},
		{"func(p struct{x float64})", "(p *C.p)", "parameter of type"},
		{"func( )", "()", "bad function signature"},
	} {
		src := preamble + "//hotso:signature " + test.signature + "\n//\n//export F\nfunc F" + test.decl + " { panic(0) }\n"
		got, err := scanFile("main.go", src)
		if test.says == "" {
			require.NoError(t, err, test.signature)
			assert.Equal(t, []manifest.Function{{Name: "F", Signature: test.signature}}, got)
			continue
		}
		assert.ErrorContains(t, err, test.says, test.signature)
		assert.ErrorContains(t, err, "main.go:")
		assert.Empty(t, got)
	}
	_, err := scanFile("main.go", preamble+"//export F\nfunc F(p *C.p) {}\n")
	require.ErrorIs(t, err, ErrUnsupportedType)
	assert.ErrorContains(t, err, "//hotso:signature")
}

func TestUnsupportedTypes(t *testing.T) {
	for _, test := range []struct{ decl, says, instead string }{
		{"F(n int)", "the parameter n is int", "int64"},
		{"F(n uint)", "the parameter n is uint", "uint64"},
		{"F(uintptr)", "the parameter is uintptr", "uint64"},
		{"F(n C.int)", "the parameter n is C.int", "C.int64_t"},
		{"F(n C.size_t)", "the parameter n is C.size_t", "C.uint64_t"},
		{"F(s string)", "the parameter s is string", "*C.hotso_cchar"},
		{"F(s *C.char)", "the parameter s is *C.char", "*C.hotso_cchar"},
		{"F(b []byte)", "the parameter b is []byte", "*C.hotso_cbyte"},
		{"F(p unsafe.Pointer, n C.size_t)", "the parameter p is unsafe.Pointer", "*C.hotso_cbyte"},
		{"F(s *C.hotso_cchar)", "the parameter s is *C.hotso_cchar", "C.size_t"},
		{"F(s *C.hotso_cchar, n int64)", "the parameter s is *C.hotso_cchar", "C.size_t"},
		{"F(x *int32, n int32) C.hotso_status", "the parameter x is *int32", "last parameter"},
		{"F(x *int32)", "the parameter x is *int32", "C.hotso_status"},
		{"F(o *C.uint8_t, c C.size_t, l *C.size_t)", "the parameter o is *C.uint8_t", "C.hotso_status"},
		{"F(o *C.char, c C.size_t) C.hotso_status", "the parameter o is *C.char", "*C.hotso_cchar"},
		{"F(m map[string]int)", "the parameter m is map[string]int", "fixed width"},
		{"F(n ...int32)", "the parameter n is ...int32", "fixed width"},
		{"F(f func())", "the parameter f is func()", "fixed width"},
		{"F(s struct{ x int32 })", "the parameter s is struct{", "fixed width"},
		{"F() int", "the result is int", "int64"},
		{"F() string", "the result is string", "C.hotso_status"},
		{"F() []byte", "the result is []byte", "outLen"},
		{"F() error", "the result is error", "cabi.Run"},
		{"F() C.size_t", "the result is C.size_t", "uint64"},
		{"F() (int32, int32)", "a second result is int32", "result *T"},
		{"(t *T) F()", "the receiver t is *T", "plain function"},
		{"F[T any](n int32)", "a type parameter is any", "plain function"},
	} {
		t.Run(test.decl, func(t *testing.T) {
			got, err := scanFile("dir/main.go", preamble+"//export F\nfunc "+test.decl+" { panic(0) }\n")
			require.ErrorIs(t, err, ErrUnsupportedType)
			assert.Empty(t, got)
			assert.ErrorContains(t, err, "dir/main.go:7: F: unsupported type: "+test.says)
			assert.ErrorContains(t, err, test.instead)
			assert.ErrorContains(t, err, "//hotso:ignore")
		})
	}
}

func TestEveryBadTypeIsNamed(t *testing.T) {
	src := preamble + "//export F\nfunc F(a int, b string) {}\n\n//export G\nfunc G() int { return 0 }\n"
	_, err := scanFile("main.go", src)
	assert.ErrorContains(t, err, "main.go:7: F: unsupported type: the parameter a is int")
	assert.ErrorContains(t, err, "main.go:7: F: unsupported type: the parameter b is string")
	assert.ErrorContains(t, err, "main.go:10: G: unsupported type: the result is int")
}

func TestOnlyExportedFunctionsCount(t *testing.T) {
	src := preamble + `
// F does something.
//
//export F
func F() {}

// G is for C programs only.
//
//hotso:ignore
//export G
func G(x int) {}

//exported is not export
func h(x int) {}

// export I: a comment, as it has a space
func I() {}

//export J

func J(x int) {}
`
	got, err := scanFile("main.go", src)
	require.NoError(t, err)
	assert.Equal(t, []manifest.Function{{Name: "F", Signature: "func()"}}, got)
}

func TestScanGreeter(t *testing.T) {
	got, err := Scan("../../../libgreeter")
	require.NoError(t, err)
	assert.Equal(t, greeterFunctions, got)
}

func TestScanSelectsFilesByConstraints(t *testing.T) {
	dir := module(t, map[string]string{
		"cabi/cabi.go":   "package cabi\n",
		"lib/main.go":    "package main\n\nimport \"C\"\nimport _ \"github.com/hotso/hotso/cabi\"\n\n//export B\nfunc B() {}\n\nfunc main() {}\n",
		"lib/a.go":       "package main\n\nimport \"C\"\n\n//export A\nfunc A() {}\n",
		"lib/other.go":   "//go:build never\n\npackage main\n\nimport \"C\"\n\n//export Never\nfunc Never(int) {}\n",
		"lib/a_test.go":  "package main\n\nfunc Test(int) {}\n",
		"lib/plain.go":   "package main\n\n//export NotByCgo\nfunc NotByCgo(x int) {}\n",
		"lib/sub/sub.go": "package sub\n\nimport \"C\"\n\n//export Sub\nfunc Sub(int) {}\n",
	})
	got, err := Scan(filepath.Join(dir, "lib"))
	require.NoError(t, err)
	assert.Equal(t, []manifest.Function{{Name: "A", Signature: "func()"}, {Name: "B", Signature: "func()"}}, got)
}

func FuzzScan(f *testing.F) {
	greeter, err := os.ReadFile("../../../libgreeter/hotso_gen.go")
	require.NoError(f, err)
	f.Add(string(greeter))
	f.Add(preamble + "//export F\nfunc F(a, b int32, s *C.hotso_cchar, n C.size_t, r *int8) C.hotso_status { return 0 }\n")
	f.Add(preamble + "//hotso:signature func(p struct{X int8}) error\n//export F\nfunc F(p *C.p) C.hotso_status { return 0 }\n")
	f.Add(preamble + "//export F\nfunc (t *T) F[T any](...int) (int, error)\n")
	f.Fuzz(func(t *testing.T, src string) {
		functions, err := scanFile("fuzz.go", src)
		if err != nil {
			return
		}
		for _, fn := range functions {
			_, err := abi.ParseSignature(fn.Signature)
			require.NoError(t, err)
		}
	})
}

// module writes a module with hotso's own path, so that it can have a package cabi of
// its own, and returns its directory.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	write("go.mod", "module github.com/hotso/hotso\n\ngo 1.26.0\n")
	for name, text := range files {
		write(name, text)
	}
	return dir
}

// A function that asks to be exported, and is not, would be missing without a word.
func TestExportThatWasNotGenerated(t *testing.T) {
	const main = "package main\n\nimport \"C\"\nimport _ \"github.com/hotso/hotso/cabi\"\n\n"
	for name, test := range map[string]struct {
		files map[string]string
		says  []string // none: it is built
	}{
		"in package main": {map[string]string{"main.go": main + "//hotso:export\nfunc hello() int32 { return 1 }\n\nfunc main() {}\n"},
			[]string{"main.go:7", "Hello: run hotso gen "}},
		"in a file without cgo": {map[string]string{"main.go": main + "func main() {}\n", "more.go": "package main\n\n//hotso:export Howdy cstring\nfunc hello() string { return \"\" }\n"},
			[]string{"more.go:4", "Howdy: run hotso gen "}},
		"in another package": {map[string]string{"main.go": main + "//hotso:package ./greeter\nfunc main() {}\n",
			"greeter/greeter.go": "package greeter\n\n// Hello greets.\n//\n//hotso:export\nfunc Hello() int32 { return 1 }\n"},
			[]string{"greeter.go:6", "Hello: run hotso gen "}},
		"one of two": {map[string]string{"main.go": main + "//hotso:export\nfunc hello() {}\n\n//hotso:export\nfunc bye() {}\n\n//export Hello\nfunc Hello() { hello() }\n\nfunc main() {}\n"},
			[]string{"Bye: run hotso gen "}},
		"both": {map[string]string{"main.go": main + "//hotso:export\nfunc hello() {}\n\n//export Hello\nfunc Hello() { hello() }\n\nfunc main() {}\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			test.files["cabi/cabi.go"] = "package cabi\n"
			out := filepath.Join(t.TempDir(), "out")
			// What is not refused gets as far as to the missing compiler.
			_, err := Build(t.Context(), Options{Dir: module(t, test.files), Name: "x", Version: "1", Output: out, Env: []string{"CC=no-such-cc"}})
			if test.says == nil {
				require.ErrorIs(t, err, ErrNoCompiler)
				return
			}
			require.ErrorIs(t, err, ErrNotGenerated)
			for _, says := range test.says {
				assert.ErrorContains(t, err, says)
			}
			assert.NoDirExists(t, out)
		})
	}
}
