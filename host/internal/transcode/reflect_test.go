package transcode_test

//lint:file-ignore SA5008 what becomes of unusual tags is tested

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/schema"
	"github.com/hotso/hotso/host/internal/transcode"
)

// reflected makes the schema of a contract whose method Echo takes and returns a T.
func reflected[T any](t *testing.T) *transcode.Method {
	s := &schema.Schema{Wire: schema.Wire, Contract: "C", Types: map[string]*schema.Type{}}
	typ := describe(s, reflect.TypeFor[T]())
	s.Methods = []schema.Method{{Name: "Echo", Params: []schema.Param{{Name: "v", Type: typ}}, Results: []string{typ}}}
	text, err := s.Text()
	require.NoError(t, err)
	return method(t, transcode.New([]manifest.Contract{{Name: "C", Schema: text}}), "C_Echo")
}

// describe adds a type to a schema.
func describe(s *schema.Schema, t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + describe(s, t.Elem())
	case reflect.Slice:
		return "[]" + describe(s, t.Elem())
	case reflect.Map:
		return "map[" + describe(s, t.Key()) + "]" + describe(s, t.Elem())
	case reflect.Struct:
		if s.Types[t.Name()] == nil {
			st := &schema.Type{Kind: schema.Struct}
			s.Types[t.Name()] = st
			for f := range t.Fields() {
				st.Fields = append(st.Fields, schema.Field{
					Name: f.Name, Type: describe(s, f.Type), JSON: f.Tag.Get("json"), Embedded: f.Anonymous,
				})
			}
		}
		return t.Name()
	}
	if t.Name() != t.Kind().String() {
		s.Types[t.Name()] = &schema.Type{Kind: schema.Named, Is: t.Kind().String()}
	}
	return t.Name()
}

// encode writes a value of such a type, and returns the width in its tag.
func encode(e *contract.Encoder, v reflect.Value) (width uint32) {
	switch v.Kind() {
	case reflect.Bool:
		e.Bool(v.Bool())
		return contract.Width1
	case reflect.Int, reflect.Int64:
		e.Int64(v.Int())
		return contract.Width8
	case reflect.Uint8:
		e.Uint8(uint8(v.Uint()))
		return contract.Width1
	case reflect.Float32:
		e.Float32(float32(v.Float()))
		return contract.Width4
	case reflect.Float64:
		e.Float64(v.Float())
		return contract.Width8
	case reflect.String:
		e.String(v.String())
	case reflect.Slice:
		if v.IsNil() {
			e.Nil()
			break
		}
		at := e.List(v.Len())
		for i := range v.Len() {
			encode(e, v.Index(i))
		}
		e.End(at)
	case reflect.Map:
		if v.IsNil() {
			e.Nil()
			break
		}
		at := e.List(v.Len())
		for k, x := range v.Seq2() {
			encode(e, k)
			encode(e, x)
		}
		e.End(at)
	case reflect.Pointer:
		if v.IsNil() {
			e.Nil()
			break
		}
		at := e.Begin()
		encode(e, v.Elem())
		e.End(at)
	case reflect.Struct:
		at := e.Begin()
		for i := range v.NumField() {
			var value contract.Encoder
			width := encode(&value, v.Field(i))
			e.Uint32(contract.Tag(v.Type().Field(i).Name, width))
			for _, b := range value.Bytes() {
				e.Uint8(b)
			}
		}
		e.End(at)
	default:
		panic(v.Type())
	}
	return contract.WidthLength
}

type (
	text  string
	Level int
	Leaf  struct{ Name, Deep string }
	Left  struct{ Name, Twice, Only string }
	Right struct{ Twice, name string }
	Base  struct {
		*Leaf
		ID    int `json:"id"`
		Below Level
	}
	hidden struct {
		Shown  string
		unseen int
	}
	Tagged struct {
		Empty0  string         `json:",omitempty"`
		Empty1  []int          `json:"list,omitempty"`
		Empty2  map[string]int `json:"map,omitempty"`
		Empty3  *int           `json:"p,omitempty"`
		Empty4  float64        `json:"f,omitempty"`
		Empty5  bool           `json:",omitempty"`
		Zero0   []int          `json:"z0,omitzero"`
		Zero1   int            `json:"z1,omitzero"`
		Zero2   float32        `json:"z2,omitzero"`
		Minus   string         `json:"-"`
		Dash    string         `json:"-,"`
		Invalid int            `json:"a\"b"`
		Signs   int            `json:"a b/c.d"`
		Quoted0 int            `json:",string"`
		Quoted1 string         `json:"q1,string"`
		Quoted2 bool           `json:"q2,string,omitempty"`
		Quoted3 *float64       `json:"q3,string"`
		Quoted4 []int          `json:"q4,string"`
		Quoted5 text           `json:"q5,string"`
		Small   float32
		ByLevel map[Level]string
		Names   map[text]uint8
	}
	Everywhere struct {
		Base
		Left
		Right
		hidden
		*Tagged
		Level
		text
		Named Left
		Leaf  `json:"leaf"`
		own   int
		Inner []Everywhere
	}
)

// Tags and embedded fields have the meaning that encoding/json gives them.
func TestFieldsAsInEncodingJSON(t *testing.T) {
	one, half := 1, 0.5
	tagged := Tagged{
		Empty0: "x", Empty1: []int{1}, Empty2: map[string]int{"a": 1}, Empty3: &one, Empty4: 1, Empty5: true,
		Zero0: []int{}, Zero1: 1, Zero2: 1, Minus: "minus", Dash: "dash", Invalid: 1, Signs: 2, Quoted0: 3, Quoted1: `"é"`,
		Quoted2: true, Quoted3: &half, Quoted4: []int{1}, Quoted5: "five", Small: 0.1,
		ByLevel: map[Level]string{1: "one", 9: "nine", -1: ""}, Names: map[text]uint8{"b": 1, "a": 2},
	}
	negative := Tagged{Empty1: []int{}, Empty2: map[string]int{}, Empty4: negativeZero(), Zero2: float32(negativeZero())}
	m := reflected[Everywhere](t)
	for i, v := range []Everywhere{
		{},
		{Tagged: &Tagged{}},
		{Tagged: &tagged},
		{Tagged: &negative},
		{Base: Base{Leaf: &Leaf{"name of leaf", "deep"}, ID: 1, Below: 2}, Left: Left{"name", "twice", "only"}, Right: Right{"twice", ""},
			hidden: hidden{"shown", 1}, Level: 3, text: "text", Named: Left{Name: "named"}, Leaf: Leaf{"outer", "leaf"}, own: 2,
			Inner: []Everywhere{{}, {Level: 4, Tagged: &tagged}}},
	} {
		var e contract.Encoder
		encode(&e, reflect.ValueOf(v))
		got, err := results(m, e.Bytes())
		require.NoError(t, err)
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(v))
		assert.Equal(t, want.String(), got+"\n", "value %d", i)

		args, err := arguments(m, "["+got+"]")
		require.NoError(t, err, got)
		again, err := results(m, values(args))
		require.NoError(t, err)
		assert.JSONEq(t, got, again)

		// What encoding/json reads is what was written.
		var back Everywhere
		require.NoError(t, json.Unmarshal([]byte(again), &back))
		var b contract.Encoder
		encode(&b, reflect.ValueOf(back))
		same, err := results(m, b.Bytes())
		require.NoError(t, err)
		assert.Equal(t, got, same)
	}
}

func negativeZero() float64 {
	f, err := strconv.ParseFloat("-0", 64)
	if err != nil {
		panic(err)
	}
	return f
}

// The members of an object may come in any order, and those of embedded structs between others.
func TestOrderOfMembers(t *testing.T) {
	m := reflected[Everywhere](t)
	args, err := arguments(m, `[{"Twice2":1}]`)
	require.ErrorContains(t, err, "v.Twice2: there is no such field: Everywhere has ")
	require.Nil(t, args)
	for _, text := range []string{
		`{"id":1,"Level":2,"Below":3,"Only":"o","leaf":{"Name":"n"},"Shown":"s","Name":"x","Deep":"d"}`,
		`{"Deep":"d","Name":"x","Shown":"s","leaf":{"Name":"n"},"Only":"o","Below":3,"Level":2,"id":1}`,
	} {
		args, err := arguments(m, "["+text+"]")
		require.NoError(t, err)
		got, err := results(m, values(args))
		require.NoError(t, err)
		assert.JSONEq(t, text, got)
		_, err = arguments(m, "["+strings.Replace(text, `"Below":3`, `"Below":3,"Below":3`, 1)+"]")
		require.ErrorContains(t, err, "v.Below: it is there twice")
	}
}
