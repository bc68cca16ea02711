package gen

import (
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// generate is Generate for a package main of one file and, if other is not
// empty, a second package example.com/lib/other.
func generate(t *testing.T, main, other string) (*library, error) {
	t.Helper()
	l := &library{name: "lib", dir: "/lib", from: "/lib", headerDir: "include", clientDir: "client", fset: token.NewFileSet()}
	s := &source{goPackage: goPackage{ImportPath: "example.com/lib", Name: "main"}}
	if err := l.parse(s, "/lib/main.go", main); err != nil {
		return nil, err
	}
	sources := []*source{s}
	if other != "" {
		s := &source{goPackage: goPackage{ImportPath: "example.com/lib/other", Name: "other"}}
		require.NoError(t, l.parse(s, "/lib/other/other.go", other))
		sources = append(sources, s)
	}
	return l, l.resolve(sources)
}

func TestUnsupportedTypes(t *testing.T) {
	for _, test := range []struct{ decl, at, says string }{
		{"f(n int)", "5:10", "int can't cross; its width differs between machines: use int64"},
		{"f(a int32, n uint)", "5:19", "uint can't cross; its width differs between machines: use uint64"},
		{"f() uintptr", "5:10", "use uint64"},
		{"f(m map[string]int)", "5:10", "map[string]int can't cross; pass JSON as []byte"},
		{"f(s []string)", "5:10", "[]string can't cross; only numbers cross in a slice: pass JSON as []byte"},
		{"f(s []bool)", "5:10", "only numbers"},
		{"f(s [][]int32)", "5:10", "only numbers"},
		{"f(s []int)", "5:10", "use []int64"},
		{"f(s []Point)", "5:10", "only numbers"},
		{"f(s [4]int32)", "5:10", "pass a slice"},
		{"f(p *Point)", "5:10", "pass the value"},
		{"f(c chan int32)", "5:10", "each runtime has channels of its own"},
		{"f(g func())", "5:10", "func() can't cross; give it an error as its last result"},
		{"f(g func(int32) bool)", "5:10", "give it an error as its last result: a call of the host can fail"},
		{"f(g func() (error, int32))", "5:10", "give it an error as its last result"},
		{"f(g func() (int8, int8, error))", "5:24", "two results of a callback can't cross"},
		{"f(g func(a, b int8, c, d string) error)", "5:14", "4 parameters of a callback can't cross, at most 3; put them into a struct"},
		{"f(g func(n int8, s []string) error)", "5:25", "[]string can't cross; only numbers cross in a slice"},
		{"f(g func() (int, error))", "5:18", "int can't cross; its width"},
		{"f(g func(n ...int32) error)", "5:17", "pass a slice"},
		{"f(g func(ctx context.Context) error)", "5:19", "leave it out"},
		{"f(g func() (io.Reader, error))", "5:18", "a callback can't return io.Reader; return its data, []byte, a piece in each call"},
		{"f(g func(func() error) error)", "5:15", "a function crosses as a parameter of an export only"},
		{"f() func() error", "5:10", "a function crosses as a parameter of an export only"},
		{"f(g Named)", "14:32", "give it an error as its last result"},
		{"f(g ((Alias)))", "14:32", "give it an error as its last result"},
		{"f(g Recursive)", "16:21", "a function crosses as a parameter of an export only"},
		{"f(g Of[int8])", "5:10", "write the function type out"},
		{"f(x WithFunc)", "5:10", "its field F is func() error: use bool"},
		{"f(g func() error) io.Reader", "5:7", "would be gone when the stream is read; take its handle, a uint64, for cabi.Callback1"},
		{"f(v any)", "5:10", "JSON"},
		{"f(v interface{ M() })", "5:10", "JSON"},
		{"f(e error)", "5:10", "pass its text"},
		{"f(c complex128)", "5:10", "two floats"},
		{"f(p unsafe.Pointer)", "5:10", "use []byte"},
		{"f(s struct{ X int8 })", "5:10", "give the struct a name"},
		{"f(n ...int32)", "5:10", "...int32 can't cross; pass a slice"},
		{"f(ctx context.Context)", "5:12", "leave it out"},
		{"f(d time.Duration)", "5:10", "nanoseconds as int64"},
		{"f(x big.Int)", "5:10", "only types of the library's own packages are known"},
		{"f(r io.Reader)", "5:10", "io.Reader can't cross; as a parameter pass its data"},
		{"f(w io.Writer)", "5:10", "return an io.Reader"},
		{"f() (*os.File, error)", "5:11", "return it as an io.Reader or io.ReadCloser"},
		{"f(d js.RawMessage)", "5:10", "js.RawMessage can't cross; it is a []byte"},
		{"f(n C.int)", "5:10", "it is a type of C: use int32"},
		{"f(a, b, c, d int32) io.Reader", "5:7", "at most 3; put them into a struct"},
		{"f() iter.Seq[int32]", "5:10", "iter.Seq2[[]byte, error]: turn each element into bytes"},
		{"f(x Missing)", "5:10", "only types of the library's own packages are known"},
		{"f(x Generic[int8])", "5:10", "give it a name"},
		{"f(x hidden)", "5:10", "its field x needs a name that begins with a capital"},
		{"f(x WithText)", "5:10", "its field Text is string: use bool, integers"},
		{"f(x WithInt)", "5:10", "its field N is int: use bool, integers"},
		{"f(x Embeds)", "5:10", "its field Point is embedded: give it a name of its own"},
		{"f(x Empty)", "5:10", "at least one field"},
		{"f(x Größe)", "5:10", ""},
		{"f(x other.Hidden)", "5:10", "only types"},
		{"f() (int32, int32)", "5:18", "two results can't cross"},
		{"f() (error, int32)", "5:18", "two results"},
		{"f() (int32, string, error)", "5:18", "two results"},
		{"f(a, b, c, d, e, g, h, i, j int8)", "5:7", "9 parameters can't cross, at most 8"},
		{"(p Point) f()", "5:6", "a method can't be exported"},
		{"f[T any](v T)", "5:7", "a generic function"},
	} {
		t.Run(test.decl, func(t *testing.T) {
			_, err := generate(t, "package main\n\nimport (\"unsafe\"; \"example.com/lib/other\"; js \"encoding/json\")\n//hotso:export\nfunc "+test.decl+` { panic(0) }
type Point struct{ X, Y float64 }
type Generic[T any] struct{ V T }
type hidden struct{ x int8 }
type WithText struct{ Text string }
type WithInt struct{ N int }
type Embeds struct{ Point }
type Empty struct{}
type Größe struct{ X int8 }
type Alias = Named; type Named func()
type Of[T any] func(T) error; type WithFunc struct{ F func() error }
type Recursive func(Recursive) error
var _ unsafe.Pointer
`, "package other\n\n//hotso:export\nfunc Fine() {}\ntype hidden struct{ X int8 }\ntype Hidden = hidden\n")
			if test.says == "" { // exported under a name of ASCII letters only
				test.says = "it is not a name in C"
			}
			if test.decl == "f(x other.Hidden)" {
				test.says = "package main can't name it"
			}
			require.ErrorIs(t, err, ErrUnsupportedType)
			assert.ErrorContains(t, err, "main.go:"+test.at+": unsupported type: f: ")
			assert.ErrorContains(t, err, test.says)
		})
	}
}

func TestBadDirectivesAndNames(t *testing.T) {
	const other = "package other\n\n//hotso:export\nfunc Fine() {}\n"
	for _, test := range []struct {
		main, other string
		reason      error
		says        string
	}{
		{"//hotso:exprot\nfunc f() {}\n", "", ErrDirective, "main.go:2:1: bad directive: there is no //hotso:exprot"},
		{"//hotso:\nfunc f() {}\n", "", ErrDirective, "there is no //hotso:;"},
		{"//hotso:export\n\nfunc f() {}\n", "", ErrDirective, "belongs in the comment of a function"},
		{"//hotso:export\ntype T int8\n", "", ErrDirective, "belongs in the comment of a function"},
		{"//hotso:export lower\nfunc f() {}\n", "", ErrDirective, "capital letter"},
		{"//hotso:export A B\nfunc f() {}\n", "", ErrDirective, `"B" is neither`},
		{"//hotso:export cstring\nfunc f() (string, error) { return \"\", nil }\n", "", ErrUnsupportedType, "only result is a string"},
		{"//hotso:export cstring\nfunc f() int8 { return 0 }\n", "", ErrUnsupportedType, "only result is a string"},
		{"//hotso:header\n", "", ErrDirective, "takes one argument, not 0"},
		{"//hotso:header /etc\n", "", ErrDirective, "/etc is not relative"},
		{"", other + "//hotso:client x\n", ErrDirective, "other.go:5:1: bad directive: //hotso:client belongs in package main"},
		{"//hotso:export\nfunc Greet() {}\n", "", ErrName, "call this one greet"},
		{"func Fine() {}\n", other, ErrName, "main.go:2:6: bad name: the export Fine"},
		{"//hotso:export Fine\nfunc f() {}\n", other, ErrName, "Fine is exported at"},
		{"//hotso:export\nfunc größe() {}\n", "", ErrName, "not a name in C"},
		{"//hotso:export\nfunc _() {}\n", "", ErrName, "not a name in C"},
		{"//hotso:export\nfunc cString() {}\n", "", ErrName, "CString is taken in C"},
		{"//hotso:export HOTSO_OK\nfunc f() {}\n", "", ErrName, "taken in C"},
		{"//hotso:export GoSlice\nfunc f() {}\n", "", ErrName, "GoSlice is taken in C"},
		{"//hotso:export INT32_MAX\nfunc f() {}\n", "", ErrName, "INT32_MAX is taken in C"},
		{"//hotso:export\nfunc f(t T) {}\ntype T struct{ NULL int8 }\n", "", ErrUnsupportedType, "its field NULL is taken in C"},
		{"//hotso:export\nfunc init() {}\n", "", ErrName, "nothing can call init"},
		{"", "package other\n\n//hotso:export\nfunc fine() {}\n", ErrName, "package main can't call fine"},
		{"//hotso:export\nfunc f(c Client) {}\ntype Client struct{ X int8 }\n", "", ErrName, "the Go client has a Client of its own"},
		{"//hotso:export\nfunc f(a T, b t) {}\ntype T struct{ X int8 }\ntype t struct{ X int8 }\n", "", ErrName, "is a type of"},
		{"func f() {}\n", "", ErrNothing, "no function with a //hotso:export"},
		{"//hotso:export\nfunc f() {}\n", "package other\n", ErrNothing, "example.com/lib/other"},
	} {
		_, err := generate(t, "package main\n"+test.main, test.other)
		require.Error(t, err, test.main)
		assert.ErrorIs(t, err, test.reason)
		assert.ErrorContains(t, err, test.says)
	}
}

func TestEveryErrorIsTold(t *testing.T) {
	_, err := generate(t, "package main\n\n//hotso:export\nfunc f(a int, b []string) {}\n\n//hotso:export\nfunc g() int { return 0 }\n", "")
	assert.ErrorContains(t, err, "main.go:4:10: unsupported type: f: int")
	assert.ErrorContains(t, err, "main.go:4:17: unsupported type: f: []string")
	assert.ErrorContains(t, err, "main.go:7:10: unsupported type: g: int")
}

func TestGenerateNeedsALibrary(t *testing.T) {
	_, _, err := Generate(t.Context(), "../../../cabi/abi")
	require.ErrorIs(t, err, ErrName)
	assert.ErrorContains(t, err, "a library is package main")
	_, _, err = Generate(t.Context(), t.TempDir())
	require.ErrorIs(t, err, ErrGo)
	_, _, err = Generate(t.Context(), "../../../scripts/keep")
	require.Error(t, err)
	for name, says := range map[string]string{"libmy.lib": `"my.lib" is not one: use letters`, "libcabi": "cabi.h is taken",
		"math":    "hide the system's <math.h> from C programs: rename the directory (hotso build --name math",
		"libtime": "<time.h>", "libstring": "<string.h>", "errno": "<errno.h>", "pthread": "<pthread.h>"} {
		dir := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.Mkdir(dir, 0o777))
		require.NoError(t, os.WriteFile(dir+"/go.mod", []byte("module example.com/lib\n"), 0o666))
		require.NoError(t, os.WriteFile(dir+"/main.go", []byte("package main\n\n//hotso:export\nfunc f() {}\n"), 0o666))
		_, _, err = Generate(t.Context(), dir)
		require.ErrorIs(t, err, ErrName)
		assert.ErrorContains(t, err, says)
	}
}

// TestNamesOfParameters: no name is a keyword of C or C++, a macro, or the name of
// something else in the header.
func TestNamesOfParameters(t *testing.T) {
	l, err := generate(t, `package main

//hotso:export
func f(hotso_status, lib_T, EOF string, requires, __x, x int32, _, _1 T) {}

type T struct{ X int8 }
`, "")
	require.NoError(t, err)
	var names []string
	for _, p := range l.functions[0].params {
		names = append(names, p.c)
	}
	assert.Equal(t, []string{"hotso_status_", "lib_T_", "EOF_", "requires_", "x", "x_", "p7", "p8"}, names)
}

// TestFieldsOfTheClient: none is a keyword, and all are different.
func TestFieldsOfTheClient(t *testing.T) {
	l, err := generate(t, `package main

//hotso:export Type
func a() {}

//hotso:export Type_
func b() {}

//hotso:export Go
func c() {}
`, "")
	require.NoError(t, err)
	client, err := l.client()
	require.NoError(t, err)
	for _, f := range []string{"c.type__(ctx)", "c.type_(ctx)", "c.go_(ctx)"} {
		assert.Contains(t, string(client), f)
	}
}

// TestLeftOut: an export that only a tag leaves out is reported. One that is for
// another platform, or that also exists in this build, is not.
func TestLeftOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lib")
	require.NoError(t, os.MkdirAll(dir+"/other", 0o777))
	export := func(name string) string { return "//hotso:export\nfunc " + name + "() {}\n" }
	for name, text := range map[string]string{
		"go.mod":           "module example.com/lib\n",
		"main.go":          "package main\n\n//hotso:package ./other\n" + export("f"),
		"pro.go":           "//go:build pro\n\npackage main\n\n//hotso:package ./pro\n//hotso:package ./other\n\n" + export("pro"),
		"free.go":          "//go:build !pro\n\npackage main\n\n" + export("edition"),
		"edition.go":       "//go:build pro\n\npackage main\n\n" + export("edition"),
		"f_windows.go":     "package main\n\n" + export("windows"),
		"f_arm.go":         "package main\n\n" + export("arm"),
		"f_plan9.go":       "//go:build pro\n\npackage main\n\n" + export("both"),
		"bsd.go":           "//go:build !linux && (freebsd || netbsd)\n\npackage main\n\n" + export("bsd"),
		"broken.go":        "//go:build pro\n\npackage main\n\nfunc (\n",
		"script.go":        "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
		"_draft.go":        "package main\n\n" + export("draft"),
		"other/other.go":   "package other\n\n" + export("Fine"),
		"other/nocgo.go":   "//go:build !cgo\n\npackage other\n\n//hotso:export Named\nfunc F() {}\n",
		"other/nothing.go": "//go:build pro\n\npackage other\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	_, notes, err := Generate(t.Context(), dir)
	require.NoError(t, err)
	const why = ": this build leaves its file out (see --tags)"
	assert.ElementsMatch(t, []string{
		dir + "/pro.go:5:1: //hotso:package ./pro is not followed" + why,
		dir + "/pro.go:9:6: Pro is not exported" + why,
		dir + "/f_plan9.go:6:6: Both is not exported" + why,
		dir + "/other/nocgo.go:6:6: Named is not exported" + why,
	}, notes)

	require.NoError(t, os.Remove(dir+"/broken.go"))
	_, notes, err = Generate(t.Context(), dir, "pro")
	require.ErrorIs(t, err, ErrGo, "there is no package ./pro")
	assert.Empty(t, notes)

	require.NoError(t, os.WriteFile(dir+"/main.go", []byte("package main\n"), 0o666))
	require.NoError(t, os.Remove(dir+"/free.go"))
	_, notes, err = Generate(t.Context(), dir)
	require.ErrorIs(t, err, ErrNothing)
	assert.Contains(t, notes, dir+"/pro.go:9:6: Pro is not exported"+why)
}

// TestImportsUnderOtherNames: a file may import a package under any name, and what is
// not used is not imported.
func TestImportsUnderOtherNames(t *testing.T) {
	l, err := generate(t, `package main

import (
	stdio "io"
	sequences "iter"

	"example.com/lib/other"
)

//hotso:export
func f() (stdio.Reader, error) { return nil, nil }

//hotso:export
func g() sequences.Seq2[[]byte, error] { return nil }

// In the exports other.Celsius is a float64.
type T struct{ C other.Celsius }

//hotso:export
func h(t T) {}

//hotso:export
func brother(t T) {}
`, "package other\n\ntype Celsius float64\n\n//hotso:export\nfunc Fine() {}\n")
	require.NoError(t, err)
	l.functions = l.functions[:4] // without Fine
	l.functions[3].call = "another.Brother"
	glue, err := l.glue()
	require.NoError(t, err)
	assert.Contains(t, string(glue), "cabi.Stream(f())")
	assert.Contains(t, string(glue), "cabi.Seq(g(), nil)")
	assert.NotContains(t, string(glue), `"example.com/lib/other"`)
}

// FuzzGenerate: whatever the source is, the result is an error or valid Go.
func FuzzGenerate(f *testing.F) {
	f.Add("package main\n\n//hotso:export\nfunc f(a, b int32, s string, p []byte, xs []float64) (T, error) { return T{}, nil }\n\ntype T struct{ X int8 }\n")
	f.Add("package main\n\n// f */ is\n//\n//hotso:export Name cstring\nfunc f(class, out string) string { return \"\" }\n//hotso:client ./a b\n")
	f.Add("package main\n\n//hotso:export\nfunc f(t T) []t {}\ntype T []T\ntype t = float32\ntype u struct { U u }\n")
	f.Add("package main\n\n//hotso:export\nfunc f(c, host func(_ int8, err T) (T, error), g G) (T, error) { return T{}, nil }\n\ntype T struct{ X int8 }\ntype G = func(_func, x, __x []byte) error\n")
	f.Fuzz(func(t *testing.T, src string) {
		l, err := generate(t, src, "")
		if err != nil {
			return
		}
		_, err = l.glue()
		require.NoError(t, err)
		l.header()
		if _, err = l.client(); err != nil {
			require.ErrorIs(t, err, ErrName)
		}
	})
}
