package contracttest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libtest"
)

// randomFixed is what each random contract has: other packages, some with names that the generated
// code uses, generic types, and errors.
var randomFixed = map[string]string{
	"parts/parts.go": `package parts

type Name string

type Bits [2]uint8

type Mark struct{ On bool }

type Part struct {
	Name
	Next *Part
	By   map[Name][]*Part
}

type Of[T any] struct {
	In  T
	All []T
}
`,
	"context/context.go": "package context\n\ntype Info struct{ Ends bool }\n",
	"iter/iter.go":       "package iter\n\ntype Seq struct{ Of []string }\n",
	"contract/values.go": `package contract

import (
	"errors"
	seq "iter"
)

type alias = []pair[int8, string]

type pair[A, B any] struct {
	First  A
	second B
}

type List[T any] struct {
	Head T
	tail *List[T]
}

type Set[K comparable] map[K]struct{}

var ErrFixed = errors.New("fixed")

func each[T any](v []T) seq.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range v {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func all[T any](s seq.Seq2[T, error]) (v []T, err error) {
	for x, err := range s {
		if err != nil {
			return v, err
		}
		v = append(v, x)
	}
	return v, nil
}

// same is r, or v if both are empty: a sequence does not know which.
func same[T any](v, r []T) []T {
	if len(r) == 0 && len(v) == 0 {
		return v
	}
	return r
}
`,
}

// randomImports are the imports of all types.
const randomImports = `import (
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"example.com/random/context"
	"example.com/random/iter"
	"example.com/random/parts"
)

var (
	_ json.RawMessage
	_ = errors.New
	_ big.Int
	_ net.IP
	_ netip.Addr
	_ url.URL
	_ sync.Mutex
	_ time.Time
	_ context.Info
	_ iter.Seq
	_ parts.Part
)
`

// names are of parameters: those that the generated code uses itself, or that hide something.
var randomNames = strings.Fields(`a _ v e d err ctx call r r1 c x k n at ok tag outer impl contract context iter string len nil int error true
	make new reply args bound time parts json cabi append any pair Bind Export contractErrors`)

// writeRandom writes a module into dir whose main package is a library that serves a contract of
// so many random types, and the test of that.
func writeRandom(t *testing.T, dir string, seed uint64, count int) {
	t.Helper()
	r := newRandomTypes(seed)
	var methods, served, declared, checks, tested strings.Builder
	for i := range count {
		m := randomMethod(r.Rand, fmt.Sprint("Echo", i), r.next().expr, r.some(deepest, false, nil).expr)
		fmt.Fprintf(&methods, "\t%s%s\n", m.name, m.signature)
		fmt.Fprintf(&served, "func (served) %s%s { %s }\n\n", m.name, m.implemented, m.body)
		declared.WriteString(m.declared)
		tested.WriteString(m.tested)
		fmt.Fprintf(&checks, "\t{%q, func(t testing.TB, c Random, g values.Generator) { %s }},\n", m.name, m.check)
	}
	root, err := libtest.Root()
	require.NoError(t, err)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	files := map[string]string{
		"go.mod": strings.Replace(string(mod), "module github.com/hotso/hotso", "module example.com/random", 1) +
			"\nrequire github.com/hotso/hotso v0.0.0\n\nreplace github.com/hotso/hotso => " + root + "\n",
		"go.sum": string(sum),
		"main.go": `//hotso:contract example.com/random/contract
package main

import values "example.com/random/contract"

func init() { values.Export(func() (values.Random, error) { return values.Served, nil }) }

func main() {}
`,
		"contract/types.go": "package contract\n\n" + randomImports + "\n" + r.text.String(),
		"contract/methods.go": "package contract\n\nimport (\n\tctx \"context\"\n\tseq \"iter\"\n)\n\n" + randomImports +
			"\nvar (\n\t_ ctx.Context\n\t_ seq.Seq[int]\n)\n\n//hotso:contract\ntype Random interface {\n" + methods.String() +
			"}\n\n" + declared.String() + "type served struct{}\n\n// Served implements it.\nvar Served Random = served{}\n\n" + served.String(),
		"contract/contract_test.go": "package contract\n\nimport (\n\tctx \"context\"\n\tseq \"iter\"\n\t\"reflect\"\n\t\"testing\"\n\n" +
			"\t\"github.com/hotso/hotso/testdata/contracts/swapped\"\n\t\"github.com/hotso/hotso/testdata/contracts/values\"\n)\n\n" + randomImports +
			"\nvar (\n\t_ ctx.Context\n\t_ seq.Seq[int]\n)\n\nfunc TestSwapped(t *testing.T) { swapped.Run(t, Bind, makes, checks) }\n\n" +
			"var makes = map[reflect.Type]values.Make{\n" + strings.Join(append(r.makes, ""), ",\n") + "}\n\n" +
			tested.String() + "var checks = []swapped.Check[Random]{\n" + checks.String() + "}\n",
	}
	for name, text := range randomFixed {
		files[name] = text
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	for _, dir := range []string{filepath.Join(dir, "contract"), dir} { // a library's code is generated from that of its contract
		generated, _, err := gen.Generate(t.Context(), dir)
		require.NoError(t, err)
		require.NoError(t, gen.Write(dir, generated))
	}
}

// A randomMethodText is a method that returns what it gets, and the check that it does.
type randomMethodText struct {
	name, signature, implemented, body, check string
	declared, tested                          string // declarations in the contract, and in its test
}

// randomMethod makes a method for the types one and two.
func randomMethod(r *rand.Rand, name, one, two string) randomMethodText {
	p, q := randomNames[r.IntN(len(randomNames))], randomNames[r.IntN(len(randomNames))]
	if p == q {
		q = "b"
	}
	m := randomMethodText{name: name}
	echo := func(of, call string) {
		m.check = fmt.Sprintf("swapped.Echo(t, g, func(v %s) (r %[1]s, err error) { %s })", of, call)
	}
	set := func(format, implemented, body string) {
		m.signature = fmt.Sprintf(format, one, two, p, q)
		m.implemented = fmt.Sprintf(implemented, one, two)
		m.body = body
	}
	call := "c." + name
	switch r.IntN(9) {
	case 8:
		m.declared = fmt.Sprintf("type Host%s interface {\n\tTwo(ctx.Context, %s, %s) (%[3]s, %[2]s, error)\n\tOne(%[2]s) %[2]s\n\tNone()\n}\n\n"+
			"type Func%[1]s func(%[2]s) %[2]s\n\n", name, one, two)
		m.tested = fmt.Sprintf("type tested%s struct{}\n\nfunc (tested%[1]s) Two(_ ctx.Context, a %[2]s, b %[3]s) (%[3]s, %[2]s, error) { return b, a, nil }\n\n"+
			"func (tested%[1]s) One(a %[2]s) %[2]s { return a }\n\nfunc (tested%[1]s) None() {}\n\n", name, one, two)
		set("(%[3]s Host"+name+", %[4]s Func"+name+", _ %[1]s, _ %[2]s) (%[2]s, %[1]s, error)",
			"(h Host"+name+", f Func"+name+", a %[1]s, b %[2]s) (%[2]s, %[1]s, error)", "h.None(); return h.Two(ctx.Background(), f(h.One(a)), b)")
		echo("pair["+one+", "+two+"]", "r.second, r.First, err = "+call+"(tested"+name+"{}, func(a "+one+") "+one+" { return a }, v.First, v.second); return r, err")
	case 0:
		set("(ctx.Context, %[1]s) (%[1]s, error)", "(_ ctx.Context, v %[1]s) (%[1]s, error)", "return v, nil")
		echo(one, "return "+call+"(t.Context(), v)")
	case 1:
		set("(%[3]s %[1]s) %[1]s", "(v %[1]s) %[1]s", "return v")
		echo(one, "return "+call+"(v), nil")
	case 2:
		set("(%[3]s int, %[4]s ...%[1]s) ([]%[1]s, int)", "(n int, v ...%[1]s) ([]%[1]s, int)", "return v, n")
		echo("[]"+one, "r, _ = "+call+"(1, v...); return r, nil")
	case 3:
		set("(%[3]s %[1]s, %[4]s %[2]s) (%[2]s, %[1]s, error)", "(a %[1]s, b %[2]s) (%[2]s, %[1]s, error)", "return b, a, nil")
		echo("pair["+one+", "+two+"]", "r.second, r.First, err = "+call+"(v.First, v.second); return r, err")
	case 4:
		set("(%[3]s []%[1]s) seq.Seq2[%[1]s, error]", "(v []%[1]s) seq.Seq2[%[1]s, error]", "return each(v)")
		echo("[]"+one, "r, err = all("+call+"(v)); return same(v, r), err")
	case 5:
		set("(%[3]s %[1]s, %[4]s func(%[3]s %[1]s) (%[1]s, error)) (%[1]s, error)", "(v %[1]s, f func(%[1]s) (%[1]s, error)) (%[1]s, error)", "return f(v)")
		echo(one, "return "+call+"(v, func(v "+one+") ("+one+", error) { return v, nil })")
	case 6:
		set("(%[3]s seq.Seq2[%[1]s, error]) ([]%[1]s, error)", "(v seq.Seq2[%[1]s, error]) ([]%[1]s, error)", "return all(v)")
		echo("[]"+one, "r, err = "+call+"(each(v)); return same(v, r), err")
	default:
		set("(%[3]s %[1]s) (%[1]s, error)", "(v %[1]s) (%[1]s, error)", "return v, nil")
		echo(one, "return "+call+"(v)")
	}
	return m
}
