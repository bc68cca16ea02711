package transcode_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/jsontext"
	"github.com/hotso/hotso/host/internal/transcode"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/served"
)

// What does not fit is refused with its place.
func TestWrongArguments(t *testing.T) {
	_, _, contracts := newShapes(t)
	for _, test := range []struct{ function, args, why string }{
		{"Plain", ``, `Shapes.Plain takes 1 arguments, not 0: (n int)`},
		{"Plain", `[1, 2]`, `Shapes.Plain takes 1 arguments, not 2: (n int)`},
		{"Plain", `7`, `the arguments are an array, or an object by the names of the parameters (n int), not a number`},
		{"Plain", `{"m": 1}`, `Shapes.Plain has no parameter "m": (n int)`},
		{"Plain", `{}`, `n: a number is wanted, and it is missing`},
		{"Plain", `{"n": 1, "n": 1}`, `n: it is there twice`},
		{"Plain", `["1"]`, `n: a number is wanted, not a string`},
		{"Plain", `[null]`, `n: a number is wanted, not null`},
		{"Plain", `[1.5]`, `n: 1.5 is not of type int`},
		{"Plain", `[9223372036854775808]`, `n: 9223372036854775808 is not of type int`},
		{"Many", `[1, "b", 1, []]`, `c: a bool is wanted, not a number`},
		{"Many", `[1, "b", true, [{"X": 1}, {"x": 1}]]`, `rest[1].x: there is no such field: Point has X, Y`},
		{"Many", `[1, "b", true, {}]`, `rest: an array is wanted, not an object`},
		{"Echo", `[{"text": 1}]`, `e.text: a string is wanted, not a number`},
		{"Echo", `[{"Strings": ["a", "b", 3]}]`, `e.Strings[2]: a string is wanted, not a number`},
		{"Echo", `[{"Int8": 128}]`, `e.Int8: 128 is not of type int8`},
		{"Echo", `[{"Float32": 1e39}]`, `e.Float32: 1e39 is not of type float32`},
		{"Echo", `[{"Float64": "one"}]`, `e.Float64: a number is wanted, not a string`},
		{"Echo", `[{"Complex64": [1]}]`, `e.Complex64: an array of two numbers is wanted`},
		{"Echo", `[{"Complex64": [1, true]}]`, `e.Complex64[1]: a number is wanted, not a bool`},
		{"Echo", `[{"Array": [1, 2]}]`, `e.Array: an array of 3 elements is wanted, not of 2`},
		{"Echo", `[{"Bytes": "%"}]`, `e.Bytes: a base64 string is wanted: illegal base64 data`},
		{"Echo", `[{"Bytes": [1]}]`, `e.Bytes: a base64 string is wanted, not an array`},
		{"Echo", `[{"Time": "yesterday"}]`, `e.Time: a time such as 2006-01-02T15:04:05Z is wanted, not "yesterday"`},
		{"Echo", `[{"Duration": "1s"}]`, `e.Duration: a number is wanted, not a string`},
		{"Echo", `[{"Color": "Pink"}]`, `e.Color: Color has no constant "Pink"; it has Blue, Green, Red`},
		{"Echo", `[{"Color": true}]`, `e.Color: a number or the name of a constant is wanted, not a bool`},
		{"Echo", `[{"Point": null}]`, `e.Point: an object is wanted, not null`},
		{"Echo", `[{"Map": {"a": 1}}]`, `e.Map["a"]: a string is wanted, not a number`},
		{"Echo", `[{"Map": {"a": "", "a": ""}}]`, `e.Map: a key is there twice`},
		{"Echo", `[{"Maps": {"1": {}, "Green": {}}}]`, `e.Maps: a key is there twice`},
		{"Echo", `[{"ByPoint": [{"key": {"X": 1}, "value": true}, {"key": {"X": 1.0}, "value": false}]}]`, `e.ByPoint: a key is there twice`},
		{"Echo", `[{"Maps": {"Pink": {}}}]`, `e.Maps["Pink"]: a key that is a number of type Color is wanted`},
		{"Echo", `[{"Maps": {"1": {"2": [{}, 7]}}}]`, `e.Maps["1"]["2"][1]: an object is wanted, not a number`},
		{"Echo", `[{"ByPoint": {}}]`, `e.ByPoint: an array of objects with key and value is wanted, not an object`},
		{"Echo", `[{"ByPoint": [{"key": {}}]}]`, `e.ByPoint[0]: key and value are wanted`},
		{"Echo", `[{"ByPoint": [{"key": {}, "value": 1}]}]`, `e.ByPoint[0].value: a bool is wanted, not a number`},
		{"Echo", `[{"Figure": {"type": "Cube", "value": 1}}]`, `e.Figure.type: Figure has no type "Cube"; it has Point, Circle, Word, Squares`},
		{"Echo", `[{"Figure": {"type": "Circle", "value": {"Around": 1}}}]`, `e.Figure.value.Around: an object with type and value is wanted, not a number`},
		{"Echo", `[{"Figure": {"value": 1}}]`, `e.Figure: type and value are wanted`},
		{"Echo", `[{"Figure": {"type": 1, "value": 1}}]`, `e.Figure.type: a string is wanted, not a number`},
		{"Echo", `[{"Figure": {"kind": "Circle"}}]`, `e.Figure.kind: there is no such field; type and value are wanted`},
		{"Echo", `[{"Err": {}}]`, `e.Err: a string is wanted, not an object`},
		{"Echo", `[{"Err": "` + strings.Repeat("x", 5000) + `"}]`, `e.Err: the text of an error takes at most 4096 bytes`},
		{"Echo", `[{"hidden": ""}]`, `e.hidden: there is no such field`},
		{"Echo", `[{"Empty": {"a": 1}}]`, `e.Empty.a: there is no such field: struct{} has none`},
		{"Echo", `[{"Bool": true, "Int": 1, "Bool": true}]`, `e.Bool: it is there twice`},
	} {
		_, err := arguments(method(t, contracts, "Shapes_"+test.function), test.args)
		require.ErrorContains(t, err, test.why, test.args)
		var where *transcode.Error
		require.ErrorAs(t, err, &where)
		assert.True(t, strings.HasPrefix(err.Error(), test.why), "%s", err)
	}
}

// What may be written in several ways is.
func TestOtherForms(t *testing.T) {
	_, _, contracts := newShapes(t)
	for _, test := range []struct{ function, args, same string }{
		{"Plain", `{"n": 3}`, `[3]`},
		{"Plain", `[3.0]`, `[3]`},
		{"Plain", `[3e0]`, `[3]`},
		{"Many", `{"c": true, "b": "x", "a": 1}`, `[1, "x", true, null]`},
		{"Nothing", ``, `[]`},
		{"Nothing", `{}`, `[]`},
		{"Echo", `[{"Color": "Blue", "Maps": {"Green": null}}]`, `[{"Color": 2, "Maps": {"1": null}}]`},
		{"Echo", `[{"Figure": {"value": {"Radius": 1}, "type": "Circle"}}]`, `[{"Figure": {"type": "Circle", "value": {"Radius": 1}}}]`},
		{"Echo", `[{"ByPoint": [{"value": true, "key": {}}]}]`, `[{"ByPoint": [{"key": {}, "value": true}]}]`},
		{"Echo", `[{"Value": {"type": "[]Value", "value": [{"type": "[]byte", "value": "YQ=="}]}}]`, `[{"Value": {"value": [{"value": "YQ==", "type": "[]byte"}], "type": "[]Value"}}]`},
		{"Echo", `[{"\u0049nt": 1, "Bool": true}]`, `[{"Bool": true, "Int": 1}]`},
	} {
		m := method(t, contracts, "Shapes."+test.function)
		got, err := arguments(m, test.args)
		require.NoError(t, err, test.args)
		want, err := arguments(m, test.same)
		require.NoError(t, err)
		assert.Equal(t, want, got, test.args)
	}
	m, err := contracts.Method("Shapes_Nope")
	require.NoError(t, err)
	assert.Nil(t, m)
	m, err = contracts.Method("ShapesEcho")
	require.NoError(t, err)
	assert.Nil(t, m)
}

// What precedes the arguments has the time that is left.
func TestDeadline(t *testing.T) {
	_, _, contracts := newShapes(t)
	m := method(t, contracts, "Shapes_Nothing")
	args, err := m.Arguments(context.Background(), jsontext.Value{})
	require.NoError(t, err)
	assert.Equal(t, make([]byte, 12), args)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	args, err = m.Arguments(ctx, jsontext.Value{})
	require.NoError(t, err)
	assert.InDelta(t, time.Hour, int64(binary.LittleEndian.Uint64(args)), float64(time.Minute))
}

func TestResults(t *testing.T) {
	w, s, contracts := newShapes(t)
	_, _, _, _ = s.Many(1, "b", true, shapes.Point{X: 1})
	m := method(t, contracts, "Shapes_Many")
	reply := append(append([]byte{}, values(w.args)[:13]...), values(w.args)[14:]...) // without the bool
	got, err := results(m, reply)
	require.NoError(t, err)
	assert.Equal(t, `[1,"b",[{"X":1,"Y":0}]]`, got)
	_, err = results(m, append(reply, 0))
	require.ErrorIs(t, err, contract.ErrFrame)
	require.ErrorContains(t, err, "Shapes.Many: reply: damaged frame: 1 bytes more")
	got, err = results(method(t, contracts, "Shapes_Nothing"), nil)
	require.NoError(t, err)
	assert.Equal(t, "null", got)

	_, _ = s.Echo(t.Context(), shapes.Everything{Strings: []string{"", "a\xff"}})
	_, err = results(method(t, contracts, "Shapes_Echo"), values(w.args))
	require.ErrorIs(t, err, transcode.ErrNotText)
	require.ErrorContains(t, err, "Shapes.Echo: result.Strings[1]: ")
	_, _ = s.Echo(t.Context(), shapes.Everything{Map: map[string]string{"a": "\xff", "b": ""}})
	_, err = results(method(t, contracts, "Shapes_Echo"), values(w.args))
	require.ErrorContains(t, err, `result.Map["a"]: `)
	_, _ = s.Echo(t.Context(), shapes.Everything{Maps: map[shapes.Color]map[int32][]shapes.Point{shapes.Blue: {-3: {{}}}}})
	damaged := bytes.Replace(values(w.args), []byte{0xfd, 0xff, 0xff, 0xff}, []byte{0xfd, 0xff, 0xff, 0xff, 0xff}, 1)
	_, err = results(method(t, contracts, "Shapes_Echo"), damaged)
	require.ErrorIs(t, err, contract.ErrFrame)
	_, _ = s.Echo(t.Context(), shapes.Everything{Raw: []byte("{")})
	_, err = results(method(t, contracts, "Shapes_Echo"), values(w.args))
	require.ErrorContains(t, err, "Shapes.Echo: result.Raw: it is not JSON")
}

type brokenPipe struct{ after int }

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// A large result is written in pieces, and ends when nobody takes it.
func TestLargeResults(t *testing.T) {
	w, s, contracts := newShapes(t)
	m := method(t, contracts, "Shapes_Echo")
	large := shapes.Everything{
		String: strings.Repeat("é\x00", 100_000), Bytes: make([]byte, 100_000), Strings: make([]string, 50_000),
		Raw: []byte(`["` + strings.Repeat("x", 100_000) + `"]`),
	}
	_, _ = s.Echo(t.Context(), large)
	text, err := results(m, values(w.args))
	require.NoError(t, err)
	args, err := arguments(m, "["+text+"]")
	require.NoError(t, err)
	again, err := results(m, values(args))
	require.NoError(t, err)
	assert.True(t, text == again)
	for after := range 5 {
		err := m.Results(&brokenPipe{after}, values(w.args))
		require.ErrorIs(t, err, io.ErrClosedPipe)
		var reply *transcode.ReplyError
		assert.NotErrorAs(t, err, &reply)
	}
}

// The names in the tree of an error are those that errors.Is and errors.As know.
func TestErrors(t *testing.T) {
	_, _, contracts := newShapes(t)
	m := method(t, contracts, "Shapes_Fail")
	shapes.Export(func() (shapes.Shapes, error) { return served.Shapes{}, nil })
	s, err := shapes.Bind(contract.InProcess)
	require.NoError(t, err)
	for how, want := range map[string][]string{
		"sentinel": {"ErrSad"}, "wrapped": {"ErrSad"}, "joined": {"ErrLost", "io.ErrUnexpectedEOF"},
		"typed": {"NotFound", "fs.ErrNotExist"}, "code": {"Code"}, "other": nil, "wide": {"ErrLost"}, "eof": {"io.EOF"},
	} {
		_, err := s.Fail(t.Context(), how)
		var with interface{ ErrorDetail() []byte }
		require.ErrorAs(t, err, &with)
		assert.Equal(t, want, m.Errors(with.ErrorDetail()), how)
		for n := range with.ErrorDetail() {
			m.Errors(with.ErrorDetail()[:n])
		}
	}
	assert.Empty(t, m.Errors(nil))
}

// Every contract knows the sentinels of contract/errtree.go.
func TestStandardSentinels(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../../contract/errtree.go", nil, 0)
	require.NoError(t, err)
	known := of(t, `"methods":[{"name":"M"}]`)
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "std" {
			return true
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			name := strings.Trim(e.(*ast.KeyValueExpr).Key.(*ast.BasicLit).Value, `"`)
			var tree contract.Encoder
			at := tree.Begin()
			tree.Uint8(1)
			tree.Uint32(contract.ID(name))
			tree.String(name)
			tree.End(tree.List(0))
			tree.End(at)
			assert.Equal(t, []string{name}, method(t, known, "C_M").Errors(tree.Bytes()))
			n++
		}
		return false
	})
	assert.Greater(t, n, 20)
}

// A type without a form in JSON is an error of the methods that mention it.
func TestTypesWithoutJSON(t *testing.T) {
	contracts := of(t, `"methods":[
		{"name":"Good","params":[{"type":"G"}]},
		{"name":"P","params":[{"type":"P"}]},
		{"name":"Q","results":["[]Q"]},
		{"name":"S","stream":"map[string]Q"}
	],"types":{
		"G":{"kind":"struct","fields":[{"name":"Next","type":"*G"},{"name":"G","type":"*G","embedded":true}]},
		"P":{"kind":"named","is":"*P"},
		"Q":{"kind":"named","is":"**R"},
		"R":{"kind":"named","is":"*Q"}
	}`)
	m := method(t, contracts, "C_Good")
	_, err := arguments(m, `[{"Next": {"Next": null}}]`)
	require.NoError(t, err)
	_, err = arguments(m, `{"": 1}`)
	require.ErrorContains(t, err, `C.Good has no parameter ""`)
	_, err = arguments(m, `{}`)
	require.ErrorContains(t, err, "parameter 1 of C.Good has no name: give the arguments as an array")
	_, err = arguments(m, `[1]`)
	require.ErrorContains(t, err, "argument 1: an object is wanted")
	for name, why := range map[string]string{
		"P": "C.P: parameter 1 has no form in JSON: P is nothing but pointers",
		"Q": "C.Q: result 1 has no form in JSON: ",
		"S": "C.S: its element has no form in JSON: ",
	} {
		_, err := contracts.Method("C_" + name)
		require.ErrorContains(t, err, why)
	}
	// What is called on the other side, and by it, belongs to those who have it.
	contracts = of(t, `"methods":[
		{"name":"Open","results":["Cart"]},
		{"name":"Each","params":[{"type":"F"}]},
		{"name":"Read","stream":"[]uint8","error":true}
	],"types":{
		"Cart":{"kind":"object","methods":[{"name":"Add"}],"moves":true},
		"F":{"kind":"func","methods":[{"name":""}]}
	}`)
	for _, name := range []string{"Cart_Add", "Cart_free", "Cart_save", "Cart_restore"} {
		function, ok := contracts.Function(name)
		assert.True(t, ok)
		assert.Equal(t, name, function)
		_, err := contracts.Method(name)
		require.ErrorContains(t, err, name+" is of the objects of the contract C, which have no form in JSON")
	}
	_, err = contracts.Method("C_Open")
	require.ErrorContains(t, err, `C.Open: result 1 has no form in JSON: Cart is of kind "object"`)
	_, err = contracts.Method("C_Each")
	require.ErrorContains(t, err, `C.Each: parameter 1 has no form in JSON: F is of kind "func"`)
	m = method(t, contracts, "C_Read")
	assert.True(t, m.IsStream())
	assert.True(t, m.IsReader())
	require.Error(t, m.Element(io.Discard, nil), "its bytes are no JSON")
	document, ok := contracts.OpenAPI("c", "1")
	require.True(t, ok)
	assert.Contains(t, string(document), "application/octet-stream")
	assert.NotContains(t, string(document), "Cart")

	for _, schema := range []string{`"methods":[],"types":{"O":{"kind":"unheard-of"}}`, `"wire":7`} {
		_, err := of(t, schema).Method("C_M")
		require.Error(t, err)
	}
	var where *transcode.Error
	assert.False(t, errors.As(fmt.Errorf("other"), &where))
}
