package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/libtest"
)

// TestCall sends every kind of value there and back.
func TestCall(t *testing.T) {
	r := serving(t, libtest.Build(t, "echo", "1.2.0"))
	for _, test := range []struct{ function, args, result string }{
		{"Bool", `[true]`, `true`},
		{"Int8", `[-128]`, `-128`},
		{"Int64", `[-9223372036854775808]`, `-9223372036854775808`},
		{"Int64", `[9007199254740993]`, `9007199254740993`}, // no float64 holds it
		{"Uint64", `[18446744073709551615]`, `18446744073709551615`},
		{"Float32", `[1.5]`, `1.5`},
		{"Float64", `["NaN"]`, `"NaN"`},
		{"Float64", `["-Inf"]`, `"-Inf"`},
		{"Float32", `["+Inf"]`, `"+Inf"`},
		{"Float64", `[-1e-9]`, `-1e-9`},
		{"Text", `["<päivää>\u0000"]`, `"<päivää>\u0000"`},
		{"Text", `["NaN"]`, `"NaN"`},
		{"CString", `["text"]`, `"text"`},
		{"Bytes", `["AAEC/w=="]`, `"AAEC/w=="`},
		{"Bytes", `[""]`, `""`},
		{"Reverse", `["AQID"]`, `"AwIB"`},
		{"Int32s", `[[1, -2]]`, `[1,-2]`},
		{"Int32s", `[[]]`, `[]`},
		{"Float64s", `[[1.5, "NaN", "-Inf"]]`, `[1.5,"NaN","-Inf"]`},
		{"Turn", `[{"From": {"X": 1, "Y": 2}, "To": {"X": "+Inf", "Y": 4}, "Dashed": true}]`,
			`{"Dashed":true,"From":{"X":"+Inf","Y":4},"To":{"X":1,"Y":2}}`},
		{"Nothing", ``, `null`},
		{"Nothing", " \n", `null`},
		{"Nothing", `[]`, `null`},
		{"Divide", `[1, 4]`, `0.25`},
		{"Check", `[true]`, `null`},
		{"Big", `[70000, 0]`, `"` + strings.Repeat("A", 93334) + `=="`}, // larger than the host's buffer
	} {
		status, body, h := r.do("POST", "/call/"+test.function, test.args)
		assert.Equal(t, http.StatusOK, status, "%s%s: %s", test.function, test.args, body)
		assert.Equal(t, `{"result":`+test.result+`,"version":"1.2.0"}`, body)
		assert.Equal(t, "application/json", h.Get("Content-Type"))
	}
}

// TestBadRequests: each is answered with its own status and a reason, and the
// server goes on.
func TestBadRequests(t *testing.T) {
	r := serving(t, libtest.Build(t, "echo", "1.2.0"))
	for _, test := range []struct {
		method, path, body string
		status             int
		why                string
	}{
		{"POST", "/call/Int32", `{`, 400, "not JSON"},
		{"POST", "/call/Int32", `[1`, 400, "not JSON"},
		{"POST", "/call/Int32", `one`, 400, "not JSON"},
		{"POST", "/call/Int32", `{"n": 1}`, 400, "not a JSON array"},
		{"POST", "/call/Int32", `1`, 400, "not a JSON array"},
		{"POST", "/call/Int32", `null`, 400, "not a JSON array"},
		{"POST", "/call/Int32", `[1] [2]`, 400, "more after"},
		{"POST", "/call/Int32", ``, 400, "takes 1 arguments, not 0"},
		{"POST", "/call/Int32", `[1, 2]`, 400, "takes 1 arguments, not 2"},
		{"POST", "/call/Int32", `["1"]`, 400, "argument 1 of Int32"},
		{"POST", "/call/Int32", `[null]`, 400, "argument 1 of Int32"},
		{"POST", "/call/Int32", `[[1]]`, 400, "argument 1 of Int32"},
		{"POST", "/call/Int32", `[1.5]`, 400, "1.5 is not of type int32"},
		{"POST", "/call/Int32", `[2147483648]`, 400, "2147483648 is not of type int32"},
		{"POST", "/call/Uint8", `[-1]`, 400, "-1 is not of type uint8"},
		{"POST", "/call/Bool", `[1]`, 400, "1 is not of type bool"},
		{"POST", "/call/Float64", `["one"]`, 400, "argument 1 of Float64"},
		{"POST", "/call/Bytes", `["%"]`, 400, "base64"},
		{"POST", "/call/Bytes", `[[1, 2]]`, 400, "argument 1 of Bytes"},
		{"POST", "/call/Nope", ``, 404, "echo has no function Nope; v1.2.0 has Big, Bool, "},
		{"POST", "/call/hotso_stop", ``, 404, "no function hotso_stop"},
		{"POST", "/call/", ``, 404, "POST /call/Function"},
		{"POST", "/call/Int32/x", ``, 404, "there is no such library: Int32; there is echo"},
		{"POST", "/call/echo/Int32/x", ``, 404, "POST /call/Function"},
		{"GET", "/nowhere", ``, 404, "POST /call/Function"},
		{"GET", "/call/Int32", ``, 405, "use POST"},
		{"PUT", "/call/Int32", `[1]`, 405, "use POST"},
		{"POST", "/versions", ``, 405, "use GET"},
		{"DELETE", "/events", ``, 405, "use GET"},
		{"POST", "/healthz", ``, 405, "use GET"},
		{"POST", "/call/Text", `["` + strings.Repeat("x", 1<<16) + `"]`, 413, "too large"},
		{"POST", "/call/Text", `["x"]` + strings.Repeat(" ", 1<<16), 413, ""},
	} {
		status, body, h := r.do(test.method, test.path, test.body)
		name := test.method + " " + test.path + " " + test.body[:min(len(test.body), 20)]
		assert.Equal(t, test.status, status, "%s: %s", name, body)
		assert.Regexp(t, `^\{"error":".*"\}$`, body, name)
		assert.Contains(t, body, test.why, name)
		assert.Equal(t, test.status == 405, h.Get("Allow") != "", name)
	}
	status, _, _ := r.do("POST", "/call/Int32", "[1]")
	assert.Equal(t, http.StatusOK, status)
}

// TestOtherSite: a browser must not carry a foreign page's call to loopback.
func TestOtherSite(t *testing.T) {
	r := serving(t, libtest.Build(t, "echo", "1.2.0"))
	status, body, _ := r.do("POST", "/call/Int32", "[1]", "Origin", "https://evil.example")
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, body, "https://evil.example")
	status, _, _ = r.do("POST", "/call/Int32", "[1]", "Origin", r.url)
	assert.Equal(t, http.StatusOK, status)
}

// TestLibraryFails: its errors and panics are 502, and it goes on.
func TestLibraryFails(t *testing.T) {
	r := serving(t, libtest.Build(t, "panics", "1"))
	for _, test := range []struct{ function, args, body string }{
		{"Fail", ``, `{"error":"failed as told","kind":"error","version":"1","page":"errors/call"}`},
		{"FailText", `["no <b>"]`, `{"error":"no <b>","kind":"error","version":"1","page":"errors/call"}`},
		{"Status", ``, `{"error":"panic: no status","kind":"panic","version":"1","page":"errors/panic"}`},
		{"Value", ``, `{"error":"panic: no value","kind":"panic","version":"1","page":"errors/panic"}`},
		{"Text", ``, `{"error":"panic: no text","kind":"panic","version":"1","page":"errors/panic"}`},
		{"Result", ``, `{"error":"panic: no result","kind":"panic","version":"1","page":"errors/panic"}`},
		{"Nil", ``, `{"error":"panic: runtime error: invalid memory address or nil pointer dereference","kind":"panic","version":"1","page":"errors/panic"}`},
	} {
		status, body, _ := r.do("POST", "/call/"+test.function, test.args)
		assert.Equal(t, http.StatusBadGateway, status, test.function)
		assert.Equal(t, test.body, body)
	}
	status, body, _ := r.do("POST", "/call/Fine", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"result":1,"version":"1"}`, body)
}
