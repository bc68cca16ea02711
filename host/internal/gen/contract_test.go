package gen

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// generateContract is Generate for a package c of one file.
func generateContract(t *testing.T, text string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/c\n\ngo 1.26\n"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.go"), []byte(text), 0o666))
	files, _, err := Generate(t.Context(), dir)
	if err != nil {
		return "", err
	}
	require.Len(t, files, 1)
	return string(files[0].Data), nil
}

// Each place of what can't cross is told with its line, and the way out.
func TestWhatContractsRefuse(t *testing.T) {
	const text = `package c

import (
	"context"
	"io"
	"iter"
	"sync"
	"unsafe"
)

//hotso:contract
type C interface {
	Chan(c chan int) error
	Func(fs []func() error) error
	Funcs(f func(g func())) error
	FuncAny(f func(a ...int)) error
	FuncChan(f func(c chan int)) error
	FuncSeq(f func()) iter.Seq2[int, error]
	ReadSeek() (io.ReadSeeker, error)
	ReadOnly() io.Reader
	ReadAt(p []byte, off int64) (n int, err error)
	Seeks(s io.ReadSeeker) error
	//hotso:borrow
	Borrowed(a string) (io.Reader, error)
	Reads(r *io.Reader) error
	Pointer(p unsafe.Pointer, u uintptr) error
	Any(v any) error
	Object(o []Object) error
	Objects() (Object, Object, error)
	Mover() (Mover, error)
	Unnamed(s struct{ A int }) error
	Foreign(m sync.Mutex) error
	Keys(m map[*int]string, n map[Shape]int) error
	Array(a [70000]uint8) error
	Seqs(s []iter.Seq2[int, error]) error
	Seq1() iter.Seq[int]
	Two(ctx context.Context) (iter.Seq2[int, error], error)
	Context(n int, ctx context.Context) error
	Fine(n int) error
	private() error
}

type Object interface{ Do() }

//hotso:moves
type Mover interface{ Do() }

//hotso:moves
type Moved struct{ A int }

type CServer interface{ Do() }

//hotso:types Circle Missing io.Reader
type Shape interface{ Area() float64 }

type Circle struct{ R float64 }

func (Circle) Area() float64 { return 0 }

type Bad struct {
	Inner struct{ C chan int }
}

func (Bad) Error() string { return "" }

//hotso:contract
type Second interface{ A() }

//hotso:since 2
//hotso:what
func Export() {}
`
	_, err := generateContract(t, text)
	require.Error(t, err)
	lines := strings.Split(text, "\n")
	at := func(part string) string {
		for i, line := range lines {
			if strings.Contains(line, part) {
				return "c.go:" + strconv.Itoa(i+1) + ":"
			}
		}
		require.Fail(t, part)
		return ""
	}
	for part, says := range map[string]string{
		"Chan(c":           "chan int can't cross; each runtime has channels of its own: return an iter.Seq2[T, error]",
		"Func(fs":          "functions are parameters of methods, and no parts of values",
		"Funcs(f":          "a function of the caller's takes and returns values only",
		"FuncAny(f":        "takes no parameters of any number: pass it a slice",
		"FuncChan(f":       "chan int can't cross",
		"FuncSeq(f":        "a method that returns a sequence takes no functions, interfaces or sequences",
		"ReadSeek() (":     "io.ReadSeeker can't cross",
		"ReadAt(p":         "ReadAt fills a slice, which crosses as a copy: return the bytes",
		"Seeks(s":          "io.ReadSeeker can't cross",
		"ReadOnly() ":      "a method that returns a reader returns nothing else but an error",
		"Borrowed(a":       "//hotso:borrow is for the time of a call",
		"Reads(r":          "io.Reader can't cross",
		"Pointer(p":        "uintptr can't cross; it means something in this process's memory only",
		"Any(v":            "declare type Value any here, with //hotso:types A B above it",
		"Object(o":         "Object has methods, so it stays where it was made: return it as a result of a method",
		"Objects() (":      "Objects: a method returns one object at most",
		"type Moved":       "//hotso:moves belongs above an interface that a method of the contract returns, and none returns Moved",
		"type CServer":     "hotso gen writes an interface CServer",
		"Unnamed(s":        "give the struct a name",
		"Keys(m":           "keys are numbers, text",
		"Array(a":          "an array takes at most 64 KiB: use a slice",
		"Seqs(s":           "a sequence is a result or a parameter, of type iter.Seq2[int, error]",
		"Seq1()":           "a sequence is a result or a parameter, of type iter.Seq2[int, error]",
		"Two(ctx":          "a sequence is the only result",
		"Context(n":        "context.Context can't cross",
		"private()":        "private is a part of names in C",
		"//hotso:types":    "//hotso:types: Missing is not a type",
		"Inner struct":     "give the struct a name",
		"func Export":      "hotso gen writes something named Export",
		"//hotso:what":     "//hotso:what does not belong here",
		"Second interface": "",
	} {
		if says == "" {
			continue
		}
		found := false
		for line := range strings.SplitSeq(err.Error(), "\n") {
			found = found || strings.Contains(line, at(part)) && strings.Contains(line, says)
		}
		assert.True(t, found, "%s %s\nin\n%v", at(part), says, err)
	}
	assert.ErrorContains(t, err, "Mutex")
	assert.ErrorContains(t, err, "only its own package can read it")
	assert.ErrorContains(t, err, "a package has one contract, and C is one")
	assert.NotContains(t, err.Error(), "Fine")
}

// A package that only the schema names is not imported.
func TestContractImports(t *testing.T) {
	code, err := generateContract(t, `package c

import "time"

type T struct{ At time.Time }

//hotso:contract
type C interface{ A(t T) }
`)
	require.NoError(t, err)
	assert.NotContains(t, code, "\t\"time\"\n")
	code, err = generateContract(t, `package c

import "time"

//hotso:contract
type C interface{ A(t time.Time) }
`)
	require.NoError(t, err)
	assert.Contains(t, code, "\t\"time\"\n")
}

func TestContractDirectives(t *testing.T) {
	for text, says := range map[string]string{
		"//hotso:contract\ntype C struct{}":                                                   "belongs above an interface",
		"//hotso:contract\ntype C[T any] interface{ A(T) }":                                   "belongs above an interface",
		"//hotso:contract\ntype C interface{}":                                                "C has no methods",
		"//hotso:contract\ntype C interface {\n//hotso:since x\nA()\n}":                       "//hotso:since N",
		"//hotso:contract\ntype c interface{ A() }":                                           "c is a part of names in C",
		"//hotso:contract\ntype C interface{ A(T) }\ntype T struct{ costarring, liquid int }": "have the same hash",
	} {
		_, err := generateContract(t, "package c\n\n"+text+"\n")
		assert.ErrorContains(t, err, says)
	}
}

// What the generated file has names for itself is told, or hidden by nothing.
func TestNamesInContracts(t *testing.T) {
	for text, says := range map[string]string{
		"type contractClient struct{}": "hotso gen writes something named contractClient",
		"func iter() {}":               "hotso gen writes something named iter",
		"func len() {}":                "what hotso gen writes uses the name len",
		"type outer struct{}":          "what hotso gen writes uses the name outer",
		"type r3 struct{}":             "what hotso gen writes uses the name r3",
	} {
		_, err := generateContract(t, "package c\n\n//hotso:contract\ntype C interface{ A() }\n\n"+text+"\n")
		assert.ErrorContains(t, err, says)
	}
	for _, text := range []string{
		"type C interface{ A(encodeT, decodeT, contractErrors, contractObjects, serveA, netip, append, a0, r7 T, f func(len T) error) error }",
		"type C interface{ A(netip T, url netip.Addr, other netip.Addr) (r9 netip.Addr) }",
		// A package whose name the file needs only in the schema.
		"type C interface{ A(T) T }",
		"type C interface{ A(T, ErrorFault) }\n\ntype ErrorFault struct{}\n\ntype Fault struct{}\n\nfunc (Fault) Error() string { return \"\" }",
		"type C interface{ A(P) P }\n\ntype P *netip.Addr",
		"type C interface{ A(x, X) error }\n\ntype X struct{ V *X }\n\ntype x = X",
	} {
		compiles(t, "package c\n\nimport \"net/netip\"\n\ntype T struct{ Addr netip.Addr }\n\n//hotso:contract\n"+text+"\n")
	}
}

// compiles generates the code of a contract of one file, and wants it to be Go.
func compiles(t *testing.T, text string) {
	t.Helper()
	generated, err := generateContract(t, text)
	require.NoError(t, err)
	fset := token.NewFileSet()
	var files []*ast.File
	for name, text := range map[string]string{"c.go": text, "hotso_gen.go": generated} {
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	exports, err := exportData(t.Context(), "../../../testdata/contracts/shapes", nil)
	require.NoError(t, err)
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	_, err = conf.Check("example.com/c", fset, files, nil)
	assert.NoError(t, err, "%s\n%s", text, generated)
}
