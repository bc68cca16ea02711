package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// hello builds the library of examples/contract.
func hello(t *testing.T, version string) string {
	root, err := libtest.Root()
	require.NoError(t, err)
	return libtest.Build(t, filepath.Join(root, "examples", "contract", "libhello"), version, libtest.Named("hello"))
}

func TestContract(t *testing.T) {
	r := serving(t, libtest.Build(t, "shapes", "1"))
	for _, test := range []struct{ function, args, result string }{
		{"Shapes_Many", `[9007199254740993, "é", true, [{"X": 1.5}, {"Y": "-Inf"}]]`, `[9007199254740993,"é",[{"X":1.5,"Y":0},{"X":0,"Y":"-Inf"}]]`},
		{"Shapes.Many", `{"c": true, "b": "", "a": 1}`, `[1,"",null]`},
		{"Shapes_Plain", `[2]`, `3`},
		{"Shapes_Nothing", ``, `null`},
		{"Shapes_Later", `["now"]`, `"now of v1"`},
		{"Shapes_Context", `{"wait": false}`, `{"Deadline":false,"Left":0,"Trace":"","Ended":null}`},
		{"Shapes_EchoNode", `[null]`, `null`},
		{"Shapes_EchoNode", `[{"Name": "` + strings.Repeat("x", 40_000) + `", "Next": {"Name": "b"}}]`,
			`{"Name":"` + strings.Repeat("x", 40_000) + `","Next":{"Name":"b","Next":null,"Children":null,"ByName":null,"Tree":null},"Children":null,"ByName":null,"Tree":null}`},
		{"Shapes_EchoLists", `[{"Colors": ["Red", 2], "Times": ["2006-01-02T15:04:05.5+01:00"], "Letters": {"a": "bGV0dGVyOmE="}}]`,
			`{"Bools":null,"Int8s":null,"Uint16s":null,"Floats":null,"Complex":null,"Times":["2006-01-02T15:04:05.5+01:00"],"Colors":[0,2],` +
				`"Empties":null,"Arrays":null,"Nested":null,"Deep":null,"Letters":{"a":"bGV0dGVyOmE="},"Nil":null,"Non":null}`},
	} {
		status, body, h := r.do("POST", "/call/"+test.function, test.args)
		assert.Equal(t, http.StatusOK, status, "%s%.100s: %s", test.function, test.args, body)
		assert.Equal(t, `{"result":`+test.result+`,"version":"1"}`, body)
		assert.Equal(t, "application/json", h.Get("Content-Type"))
	}
	for _, test := range []struct {
		function, args string
		status         int
		body           string
	}{
		{"Shapes_Plain", `["2"]`, 400, `{"error":"n: a number is wanted, not a string","page":"errors/argument"}`},
		{"Shapes_Plain", `[`, 400, `{"error":"the body: it is not JSON: unexpected end of JSON input"}`},
		{"Shapes_Plain", "[\"\xff\"]", 400, `{"error":"the body: it is not UTF-8: byte 0xff at offset 2"}`},
		{"Shapes.Plain", `[]`, 400, `{"error":"Shapes.Plain takes 1 arguments, not 0: (n int)","page":"errors/argument"}`},
		{"Shapes_Many", `[1, "b", true, [{"X": 1}, {"Z": 1}]]`, 400, `{"error":"rest[1].Z: there is no such field: Point has X, Y","page":"errors/argument"}`},
		{"Shapes_EchoNode", strings.Repeat("[", 1001) + strings.Repeat("]", 1001), 400, `{"error":"the body: arrays and objects are nested 1001 deep, more than 1000"}`},
		{"Shapes_Fail", `["wrapped"]`, 502, `{"error":"twice: once: sad","kind":"error","version":"1","is":["ErrSad"],"page":"errors/call"}`},
		{"Shapes_Fail", `["typed"]`, 502, `{"error":"it: key was not found","kind":"error","version":"1","is":["NotFound","fs.ErrNotExist"],"page":"errors/call"}`},
		{"Shapes_Fail", `["other"]`, 502, `{"error":"other","kind":"error","version":"1","page":"errors/call"}`},
		{"Shapes_Fail", `["panic"]`, 502, `{"error":"panic: boom","kind":"panic","version":"1","page":"errors/panic"}`},
		{"Shapes_Plain", `[-1]`, 502, `{"error":"panic: negative","kind":"panic","version":"1","page":"errors/panic"}`},
		{"Shapes.Nope", `[]`, 404, ``},
		{"Shapes_", `[]`, 404, ``},
	} {
		status, body, _ := r.do("POST", "/call/"+test.function, test.args)
		assert.Equal(t, test.status, status, "%s: %s", test.function, body)
		if test.body != "" {
			assert.Equal(t, test.body, body)
		}
	}
}

// Only the library knows which texts a type reads.
func TestContractMarshalerRefuses(t *testing.T) {
	r := serving(t, libtest.Build(t, "shapes", "1"))
	status, body, _ := r.do("POST", "/call/Shapes_Echo", `[{"Addr": "nowhere"}]`)
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, body, `ParseAddr(\"nowhere\")`)
	assert.Contains(t, body, `"is":["contract.ErrFrame"]`)
}

func TestContractStreams(t *testing.T) {
	r := serving(t, libtest.Build(t, "shapes", "1"))
	status, body, h := r.do("POST", "/call/Shapes_Count", `[3, ""]`)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "{\"X\":0,\"Y\":0}\n{\"X\":1,\"Y\":0}\n{\"X\":2,\"Y\":0}", body)
	assert.Equal(t, "application/x-ndjson", h.Get("Content-Type"))
	status, body, h = r.do("POST", "/call/Shapes.Count", `{"n": 0, "fail": "sad"}`) // before the first element
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Equal(t, `{"error":"after 0: sad","kind":"error","version":"1","is":["ErrSad"],"page":"errors/call"}`, body)
	assert.Equal(t, "application/json", h.Get("Content-Type"))
	status, body, _ = r.do("POST", "/call/Shapes_Count", `["x", ""]`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, `{"error":"n: a number is wanted, not a string","page":"errors/argument"}`, body)

	answer, err := http.Post(r.url+"/call/Shapes_Count", "application/json", strings.NewReader(`[1, "sad"]`))
	require.NoError(t, err)
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "{\"X\":0,\"Y\":0}\n", string(all))
}

// withSchema seals a library again, with something else in the schema of its contract.
func withSchema(t *testing.T, library, from, to string) string {
	file, err := os.ReadFile(library)
	require.NoError(t, err)
	sealed, err := manifest.Unseal(file)
	require.NoError(t, err)
	m := *sealed.Manifest
	schema := string(m.Contracts[0].Schema)
	require.Contains(t, schema, from)
	m.Contracts = []manifest.Contract{{Name: m.Contracts[0].Name, Schema: []byte(strings.Replace(schema, from, to, 1))}}
	file, err = manifest.Seal(sealed.Image, &m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(library, file, 0o755))
	return library
}

// Each call is written and read by the schema of the version that it reaches.
func TestContractOfEachVersion(t *testing.T) {
	one, two := hello(t, "1"), withSchema(t, hello(t, "2"), `"json":"name"`, `"json":"full_name"`)
	r := serving(t, one)
	deploy(t, filepath.Dir(one), two)
	r.await(host.Serving, "2")
	r.post("/rollback", "", http.StatusOK, nil)
	r.post("/canary", `{"version":"2","percent":0,"keys":["alice"]}`, http.StatusOK, nil)

	const old, renamed = `{"p": {"name": "Ada", "titles": ["Countess"]}}`, `{"p": {"full_name": "Ada"}}`
	greeted := func(args string, header ...string) (to map[string]any, version string) {
		t.Helper()
		status, body, _ := r.do("POST", "/call/Greeter_Greet", args, header...)
		require.Equal(t, http.StatusOK, status, body)
		var answer struct {
			Result  struct{ To map[string]any }
			Version string
		}
		require.NoError(t, json.Unmarshal([]byte(body), &answer))
		return answer.Result.To, answer.Version
	}
	to, version := greeted(old)
	assert.Equal(t, "1", version)
	assert.Equal(t, map[string]any{"name": "Ada", "titles": []any{"Countess"}}, to)
	to, version = greeted(renamed, server.DefaultKeyHeader, "alice")
	assert.Equal(t, "2", version)
	assert.Equal(t, map[string]any{"full_name": "Ada"}, to)
	status, body, _ := r.do("POST", "/call/Greeter_Greet", renamed)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, `{"error":"p.full_name: there is no such field: Person has born, name, notes, titles","page":"errors/argument"}`, body)
	status, _, _ = r.do("POST", "/call/Greeter_Greet", old, server.DefaultKeyHeader, "alice")
	assert.Equal(t, http.StatusBadRequest, status)
	status, body, _ = r.do("POST", "/call/Greeter_History", "", server.DefaultKeyHeader, "alice")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"to":{"full_name":"Ada"}`)

	r.post("/promote", "", http.StatusOK, nil)
	to, _ = greeted(renamed)
	assert.Equal(t, map[string]any{"full_name": "Ada"}, to)
	_, body, _ = r.do("GET", "/contract", "")
	assert.Contains(t, body, `"full_name"`)
}

func TestGetContract(t *testing.T) {
	one := libtest.Build(t, "shapes", "1.5")
	r := start(t, server.Config{Dirs: []string{t.TempDir()}})
	status, body, _ := r.do("GET", "/contract", "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, `{"error":"no version serves; GET /versions tells why","page":"errors/empty"}`, body)
	r = serving(t, one)
	status, body, h := r.do("GET", "/contract", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "application/json", h.Get("Content-Type"))
	var doc struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(body), &doc))
	assert.Equal(t, "3.1.1", doc.OpenAPI)
	assert.Equal(t, "shapes", doc.Info.Title)
	assert.Equal(t, "1.5", doc.Info.Version)
	for path, item := range doc.Paths {
		assert.Contains(t, item, "post")
		status, body, _ := r.do("POST", path, "[{}, {}, {}, {}, {}]")
		assert.Equal(t, http.StatusBadRequest, status, "%s is there: %s", path, body)
	}
	assert.Len(t, doc.Paths, 12)
	status, body, _ = r.do("HEAD", "/contract", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Empty(t, body)
	status, _, h = r.do("POST", "/contract", "")
	assert.Equal(t, http.StatusMethodNotAllowed, status)
	assert.Equal(t, "GET, HEAD", h.Get("Allow"))
	status, _, _ = r.do("GET", "/contract", "", "Origin", "https://evil.example")
	assert.Equal(t, http.StatusForbidden, status)

	r = serving(t, libtest.Build(t, "echo", "1"))
	status, body, _ = r.do("GET", "/contract", "")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Equal(t, `{"error":"echo v1 serves no contract"}`, body)
}
