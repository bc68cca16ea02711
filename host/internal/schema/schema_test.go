package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/schema"
)

const old = `{"wire": 1, "package": "example.com/greeting", "contract": "Greeter", "methods": [
  {"name":"Close"},
  {"name":"Greet","context":true,"params":[{"name":"p","type":"Person"}],"results":["Greeting"],"error":true},
  {"name":"Watch","params":[{"name":"f","type":"map[Color][2]*Person"}],"stream":"Greeting"}
], "types": {
  "Color": {"kind":"named","is":"uint8","values":{"Blue":"1","Red":"0"}},
  "Greeting": {"kind":"struct","fields":[{"name":"Text","type":"string"},{"name":"Lines","type":"[]Line"}]},
  "Line": {"kind":"struct","fields":[{"name":"Price","type":"int64"},{"name":"Parent","type":"*Line"},{"name":"Any","type":"Value"}]},
  "NotFound": {"kind":"struct","fields":[{"name":"Name","type":"string"}]},
  "Person": {"kind":"struct","fields":[{"name":"Name","type":"string"},{"name":"Addr","type":"net/netip.Addr"},{"name":"Color","type":"Color"}]},
  "Value": {"kind":"union","of":["string","Line"]},
  "net/netip.Addr": {"kind":"text"}
}, "errors": ["ErrA"], "error_types": ["*NotFound"]}
`

func parse(t *testing.T, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse([]byte(text))
	require.NoError(t, err)
	return s
}

func TestTextAndParse(t *testing.T) {
	s := parse(t, old)
	text, err := s.Text()
	require.NoError(t, err)
	assert.Equal(t, old, string(text))
	compact, err := s.Compact()
	require.NoError(t, err)
	assert.Equal(t, s, parse(t, string(compact)))
}

func TestCompare(t *testing.T) {
	assert.Empty(t, schema.Compare(parse(t, old), parse(t, old)))
	for _, test := range []struct {
		from, to string
		change   string
		breaking bool
		conflict bool // of a caller with the old one
	}{
		{`"Price","type":"int64"`, `"Price","type":"string"`, "Line.Price: int64 became string", true, true},
		{`{"name":"Price","type":"int64"},`, ``, "Line.Price: the field was removed", true, false},
		{`{"name":"Price",`, `{"name":"New","type":"error"},{"name":"Price",`, "Line.New: the field was added", false, false},
		{`"name":"Price"`, `"name":"Cost","wire":"Price"`, "", false, false},
		{`  {"name":"Close"},` + "\n", ``, "Greeter.Close: the method was removed", true, true},
		{`  {"name":"Close"},` + "\n", `  {"name":"Aha"},{"name":"Close"},`, "Greeter.Aha: the method was added", false, false},
		{`{"name":"Close"}`, `{"name":"Close","error":true}`, "Greeter.Close: its error was added", true, true},
		{`{"name":"Close"}`, `{"name":"Close","results":["int"]}`, "Greeter.Close: 0 results became 1", true, true},
		{`{"name":"Close"}`, `{"name":"Close","context":true}`, "", false, false},
		{`"params":[{"name":"p",`, `"params":[{"name":"q",`, "", false, false},
		{`{"name":"p","type":"Person"}`, `{"name":"p","type":"Person"},{"name":"q","type":"int"}`, "Greeter.Greet: 1 parameters became 2", true, true},
		{`map[Color][2]*Person`, `map[Color][3]*Person`, "Greeter.Watch(f)[]: [2]*Person became [3]*Person", true, true},
		{`map[Color][2]*Person`, `map[uint8][2]*Person`, "", false, false},
		{`map[Color][2]*Person`, `map[string][2]*Person`, "Greeter.Watch(f)[key]: Color became string", true, true},
		{`"stream":"Greeting"`, `"results":["Greeting"]`, "Greeter.Watch: 0 results became 1", true, true},
		{`"Blue":"1",`, ``, "Blue: the constant of type Color was removed", true, false},
		{`"Blue":"1",`, `"Blue":"2",`, "Blue: 1 became 2", true, true},
		{`"Blue":"1",`, `"Blue":"1","Green":"3",`, "Green: the constant of type Color was added", false, false},
		{`["string","Line"]`, `["string"]`, "Value: the type Line was removed", true, false},
		{`["string","Line"]`, `["string","Line","int"]`, "Value: the type int was added", false, false},
		{`["ErrA"]`, `["ErrB","ErrA"]`, "ErrB: the error was added", false, false},
		{`"errors": ["ErrA"], `, ``, "ErrA: the error was removed", true, false},
		{`["*NotFound"]`, `[]`, "*NotFound: the error type was removed", true, false},
		{`"NotFound": {"kind":"struct","fields":[{"name":"Name","type":"string"}`, `"NotFound": {"kind":"struct","fields":[{"name":"Name","type":"int"}`,
			"NotFound.Name: string became int", true, true},
		{`example.com/greeting`, `example.com/other`, "Greeter: example.com/greeting.Greeter became example.com/other.Greeter", true, true},
	} {
		require.Contains(t, old, test.from)
		after := parse(t, strings.Replace(old, test.from, test.to, 1))
		changes := schema.Compare(parse(t, old), after)
		if test.change == "" {
			assert.Empty(t, changes, test.to)
			continue
		}
		require.NotEmpty(t, changes, test.to)
		assert.Equal(t, test.change, changes[0].String())
		assert.Equal(t, test.breaking, changes[0].Breaking)
		assert.Equal(t, test.breaking, schema.Breaks(changes) != nil)
		conflicts := schema.Conflicts(parse(t, old), after)
		assert.Equal(t, test.conflict, schema.Breaks(conflicts) != nil, "%s: %v", test.change, conflicts)
	}
	optional := parse(t, strings.Replace(old, `{"name":"Close"}`, `{"name":"Close","since":2}`, 1))
	assert.Empty(t, schema.Conflicts(optional, parse(t, strings.Replace(old, `  {"name":"Close"},`+"\n", ``, 1))))
}

// Objects: what a caller has of them must be there, and they are results only.
func TestObjects(t *testing.T) {
	const shop = `{"wire": 1, "package": "example.com/shop", "contract": "Shop", "methods": [
  {"name":"Open","results":["Cart"],"error":true}
], "types": {
  "Cart": {"kind":"object","methods":[{"name":"Add","params":[{"name":"n","type":"int"}]},{"name":"Next","since":2,"results":["Cart"]}],"moves":true}
}}
`
	s := parse(t, shop)
	text, err := s.Text()
	require.NoError(t, err)
	assert.Equal(t, shop, string(text))
	assert.Equal(t, []string{"Shop_Open", "Cart_Add", "Cart_Next", "Cart_free", "Cart_restore", "Cart_save"}, s.Functions())
	for _, test := range []struct {
		from, to           string
		change             string
		breaking, conflict bool
	}{
		{`,"moves":true`, ``, "Cart: it does not move any more", true, true},
		{`"type":"int"`, `"type":"string"`, "Cart.Add(n): int became string", true, true},
		{`{"name":"Add","params":[{"name":"n","type":"int"}]},`, ``, "Cart.Add: the method was removed", true, true},
		{`,{"name":"Next","since":2,"results":["Cart"]}`, ``, "Cart.Next: the method was removed", true, false},
		{`{"name":"Add",`, `{"name":"Aha"},{"name":"Add",`, "Cart.Aha: the method was added", false, false},
		{`Cart`, `Basket`, "Cart: it became Basket", true, true},
	} {
		after := parse(t, strings.ReplaceAll(shop, test.from, test.to))
		changes := schema.Compare(s, after)
		require.NotEmpty(t, changes, test.to)
		assert.Equal(t, test.change, changes[0].String())
		assert.Equal(t, test.breaking, changes[0].Breaking, test.change)
		assert.Equal(t, test.conflict, len(schema.Conflicts(s, after)) > 0, test.change)
	}
	for _, misplaced := range []string{`"type":"Cart"`, `"type":"[]Cart"`, `"type":"map[string]*Cart"`} {
		_, err := schema.Parse([]byte(strings.Replace(shop, `"type":"int"`, misplaced, 1)))
		require.ErrorContains(t, err, "an object is a result of a method", misplaced)
	}
}

// What the implementation calls: parameters only, and the same on both sides.
func TestCallbacks(t *testing.T) {
	const walker = `{"wire": 1, "package": "example.com/walk", "contract": "Walker", "methods": [
  {"name":"Copy","params":[{"name":"r","type":"io.Reader"},{"name":"s","type":"iter.Seq2[int,error]"}]},
  {"name":"Walk","params":[{"name":"f","type":"func(int) (bool)"},{"name":"w","type":"Watcher"}]}
], "types": {
  "Watcher": {"kind":"callback","methods":[{"name":"Seen","params":[{"name":"n","type":"int"}]}]},
  "func(int) (bool)": {"kind":"func","methods":[{"name":"","params":[{"name":"n","type":"int"}],"results":["bool"]}]},
  "io.Reader": {"kind":"reader"},
  "iter.Seq2[int,error]": {"kind":"sequence","is":"int"}
}}
`
	s := parse(t, walker)
	text, err := s.Text()
	require.NoError(t, err)
	assert.Equal(t, walker, string(text))
	for _, test := range []struct {
		from, to           string
		change             string
		breaking, conflict bool
	}{
		{`"results":["bool"]`, `"results":["string"]`, "Walker.Walk(f) result: bool became string", true, true},
		{`"Seen","params":[{"name":"n","type":"int"}]`, `"Seen","params":[{"name":"n","type":"uint"}]`, "Watcher.Seen(n): int became uint", true, true},
		{`{"name":"Seen"`, `{"name":"Over"},{"name":"Seen"`, "Watcher.Over: the method was added", false, false},
		{`{"name":"Seen","params":[{"name":"n","type":"int"}]}`, `{"name":"Over"}`, "Watcher.Seen: the method was removed", true, false},
		{`"is":"int"`, `"is":"uint"`, "Walker.Copy(s)[]: int became uint", true, true},
		{`"type":"io.Reader"`, `"type":"[]uint8"`, "Walker.Copy(r): io.Reader became []uint8", true, true},
	} {
		require.Contains(t, walker, test.from)
		after := parse(t, strings.Replace(walker, test.from, test.to, 1))
		changes := schema.Compare(s, after)
		require.NotEmpty(t, changes, test.to)
		assert.Equal(t, test.change, changes[0].String())
		assert.Equal(t, test.breaking, changes[0].Breaking, test.change)
		assert.Equal(t, test.conflict, len(schema.Conflicts(s, after)) > 0, test.change)
	}
	for from, to := range map[string]string{
		`"results":["bool"]`:                          `"results":["Watcher"]`,
		`"type":"io.Reader"`:                          `"type":"[]io.Reader"`,
		`"is":"int"`:                                  `"is":"func(int) (bool)"`,
		`{"kind":"reader"}`:                           `{"kind":"named","is":"Watcher"}`,
		`"methods":[{"name":"","params"`:              `"methods":[{"name":"x"},{"name":"","params"`,
		`"Seen","params":[{"name":"n","type":"int"}]`: `"Seen","params":[{"name":"n","type":"Nowhere"}]`,
	} {
		require.Contains(t, walker, from)
		_, err := schema.Parse([]byte(strings.Replace(walker, from, to, 1)))
		require.Error(t, err, to)
	}
}

func TestParseRefuses(t *testing.T) {
	for from, to := range map[string]string{
		`"wire": 1`:              `"wire": 2`,
		`"is":"uint8"`:           `"is":"Color"`,
		`"int64"`:                `"int65"`,
		`"[]Line"`:               `"[]Lines"`,
		`[2]*Person`:             `[-2]*Person`,
		`map[Color]`:             `map[Color`,
		`"kind":"text"`:          `"kind":"tex"`,
		`"results":["Greeting"]`: `"results":["` + strings.Repeat("*", 5000) + `int"]`,
		`{"kind":"text"}`:        `null`,
		`"stream":"Greeting"`:    `"stream":"Greetings"`,
	} {
		require.Contains(t, old, from)
		_, err := schema.Parse([]byte(strings.Replace(old, from, to, 1)))
		assert.Error(t, err, "%s", to)
	}
	_, err := schema.Parse([]byte("{"))
	assert.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add(old)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schema.Parse([]byte(text))
		if err != nil {
			return
		}
		schema.Compare(s, s)
		if again, err := s.Text(); err == nil {
			_, err := schema.Parse(again)
			require.NoError(t, err)
		}
	})
}
