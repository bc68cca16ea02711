package transcode_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/transcode"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/shapestest"
)

// documented compiles the schemas of a document, by their place in it.
func documented(t *testing.T, c *transcode.Contracts) func(place string) *jsonschema.Schema {
	t.Helper()
	text, ok := c.OpenAPI("shapes", "1.2")
	require.True(t, ok)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.AssertContent()
	require.NoError(t, compiler.AddResource("openapi.json", doc))
	return func(place string) *jsonschema.Schema {
		t.Helper()
		s, err := compiler.Compile("openapi.json#" + place)
		require.NoError(t, err)
		return s
	}
}

func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	return s.Validate(v)
}

func requestOf(function string) string {
	return "/paths/~1call~1" + function + "/post/requestBody/content/application~1json/schema"
}

func answerOf(function string) string {
	return "/paths/~1call~1" + function + "/post/responses/200/content/application~1json/schema"
}

// The schemas hold for whatever is written, and what they refuse is refused as an argument.
func TestOpenAPISchemas(t *testing.T) {
	w, s, contracts := newShapes(t)
	schemaAt := documented(t, contracts)
	m, args, answer := method(t, contracts, "Shapes_Echo"), schemaAt(requestOf("Shapes_Echo")), schemaAt(answerOf("Shapes_Echo"))
	for seed := range uint64(100) {
		g := shapestest.New(seed)
		everything := shapestest.Value[shapes.Everything](g, 6)
		everything.Raw = json.RawMessage(`{"any":[]}`)
		_, _ = s.Echo(t.Context(), everything)
		text, err := results(m, values(w.args))
		require.NoError(t, err)
		require.NoError(t, validate(t, answer, `{"result":`+text+`,"version":"1"}`), text)
		require.NoError(t, validate(t, args, "["+text+"]"))
		require.NoError(t, validate(t, args, `{"e":`+text+"}"))
	}
	for _, text := range []string{
		`[{"Color": "Blue", "Maps": {"Red": {"-1": null}}}]`, `[{"Float64": "NaN"}]`, `[{}]`, `{"e": {"Far": null, "Figure": null}}`,
	} {
		_, err := arguments(m, text)
		require.NoError(t, err)
		require.NoError(t, validate(t, args, text))
	}
	for _, text := range []string{
		``, `[]`, `[{}, {}]`, `{}`, `{"f": {}}`, `1`, `[{"Color": "Pink"}]`, `[{"Color": 256}]`, `[{"Int8": -129}]`, `[{"Int64": 9223372036854775808}]`,
		`[{"Uint": -1}]`, `[{"Int": 1.5}]`, `[{"Array": [1, 2]}]`, `[{"Bytes": "%"}]`, `[{"Time": "yesterday"}]`, `[{"Point": null}]`, `[{"Point": {"Z": 1}}]`,
		`[{"Figure": {"type": "Cube", "value": 1}}]`, `[{"Figure": {"type": "Word"}}]`, `[{"ByPoint": {}}]`, `[{"Complex64": [1]}]`, `[{"Maps": {"x": {}}}]`,
		`[{"text": 1}]`, `[{"Bool": 1}]`, `[{"hidden": ""}]`, `[{"Float64": "one"}]`, `[{"Letter": 1}]`, `[{"Err": {}}]`,
	} {
		_, err := arguments(m, text)
		require.Error(t, err, text)
		if text != "" {
			require.Error(t, validate(t, args, text), text)
		}
	}
	require.NoError(t, validate(t, schemaAt(requestOf("Shapes_Many")), `[1, "b", true, [{"X": 1}]]`))
	require.NoError(t, validate(t, schemaAt(requestOf("Shapes_Many")), `{"a": 1, "b": "b", "c": true}`))
	require.NoError(t, validate(t, schemaAt(answerOf("Shapes_Many")), `{"result":[1, "b", null],"version":"1"}`))
	require.NoError(t, validate(t, schemaAt(answerOf("Shapes_Nothing")), `{"result":null,"version":"1"}`))
	stream := schemaAt("/paths/~1call~1Shapes_Count/post/responses/200/content/application~1x-ndjson/schema")
	require.NoError(t, validate(t, stream, `{"X":1}`))
	failure := schemaAt("/components/schemas/failure")
	require.NoError(t, validate(t, failure, `{"error":"sad","kind":"error","version":"1","is":["ErrSad"]}`))
	require.Error(t, validate(t, failure, `{"version":"1"}`))
}

func TestOpenAPI(t *testing.T) {
	_, _, contracts := newShapes(t)
	text, ok := contracts.OpenAPI("shapes", "1.2")
	require.True(t, ok)
	var doc struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID, Summary string
			Tags                 []string
			RequestBody          struct{ Required bool }
		}
		Components struct{ Schemas map[string]any }
	}
	require.NoError(t, json.Unmarshal(text, &doc))
	assert.Equal(t, "3.1.1", doc.OpenAPI)
	assert.Equal(t, "shapes", doc.Info.Title)
	assert.Equal(t, "1.2", doc.Info.Version)
	assert.Len(t, doc.Paths, 12)
	assert.NotContains(t, doc.Paths, "/call/Shapes_Walk", "it takes a function")
	many := doc.Paths["/call/Shapes_Many"]["post"]
	assert.Equal(t, "Shapes_Many", many.OperationID)
	assert.Equal(t, "Many(a int, b string, c bool, rest []Point) (int, string, []Point, error)", many.Summary)
	assert.True(t, many.RequestBody.Required)
	for name := range doc.Components.Schemas {
		assert.Regexp(t, regexp.MustCompile(`^[a-zA-Z0-9._-]+$`), name)
	}
	assert.Contains(t, doc.Components.Schemas, "Shapes.Pair_int_string")
	assert.Contains(t, doc.Components.Schemas, "Shapes.net_netip.Addr")

	// Names that come to the same, methods without a form in JSON, and without names.
	text, ok = of(t, `"methods":[
		{"name":"Bad","results":["P"]},
		{"name":"Good","params":[{"type":"a/b"},{"name":"_","type":"a_b"}]}
	],"types":{"P":{"kind":"named","is":"*P"},"a/b":{"kind":"text"},"a_b":{"kind":"named","is":"string"}}`).OpenAPI("c", "1")
	require.True(t, ok)
	assert.NotContains(t, string(text), "C_Bad")
	for _, part := range []string{`"C.a_b":{`, `"C.a_b-2":{`, `"prefixItems":[{"$ref":"#/components/schemas/C.a_b"},{"$ref":"#/components/schemas/C.a_b-2"}]`} {
		assert.Contains(t, string(text), part)
	}
	for _, schema := range []string{`"methods":[]`, `"methods":[{"name":"Bad","results":["P"]}],"types":{"P":{"kind":"named","is":"*P"}}`, `"wire":7`} {
		_, ok = of(t, schema).OpenAPI("c", "1")
		assert.False(t, ok)
	}
	_, ok = transcode.New(nil).OpenAPI("c", "1")
	assert.False(t, ok)
}
