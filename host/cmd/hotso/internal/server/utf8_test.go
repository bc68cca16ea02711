package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/libtest"
)

// What is not UTF-8 is refused, wherever a request has it: it would be another text.
func TestNotUTF8(t *testing.T) {
	r := serving(t, libtest.Build(t, "echo", "1"))
	for _, test := range []struct{ path, body, why string }{
		{"/call/Text", "[\"a\xffb\"]", "not UTF-8: byte 0xff at offset 3"},
		{"/call/Text", `["\ud800"]`, `half a character`},
		{"/call/Turn", "[{\"\xff\": 1}]", "not UTF-8"},
		{"/call/%ff", "", `not UTF-8`},
		{"/%ff", "", `not UTF-8`},
		{"/swap", "{\"version\": \"\xff\"}", "not UTF-8"},
		{"/swap", `{"version": "\udc00"}`, "half a character"},
		{"/canary", "{\"percent\": 5, \"keys\": [\"\xff\"]}", "not UTF-8"},
	} {
		status, body, _ := r.do("POST", test.path, test.body)
		assert.Equal(t, http.StatusBadRequest, status, "%s %q: %s", test.path, test.body, body)
		assert.Contains(t, body, test.why, "%s %q", test.path, test.body)
		assert.NotContains(t, body, "\uFFFD")
		assert.NotContains(t, body, `\ufffd`)
	}
	status, body, _ := r.do("POST", "/call/Text", "[\"\uFFFD \\ud83d\\ude00\"]")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "{\"result\":\"\uFFFD 😀\",\"version\":\"1\"}", body)
}

// A reply that is written in pieces is the same as in one.
func TestLargeReplies(t *testing.T) {
	r := serving(t, libtest.Build(t, "echo", "1"))
	for _, test := range []struct{ function, text string }{
		{"Text", `"` + strings.Repeat("é", 20_000) + `<\u0000\"` + strings.Repeat("€", 5_000) + `"`},
		{"Int32s", "[" + strings.Repeat("-7,", 20_000) + "0]"},
		{"Float64s", "[" + strings.Repeat(`"NaN",`, 9_000) + "0]"},
		{"Bytes", `"` + strings.Repeat("AAEC", 15_000) + `/w=="`},
	} {
		status, body, _ := r.do("POST", "/call/"+test.function, "["+test.text+"]")
		assert.Equal(t, http.StatusOK, status)
		want := `{"result":` + test.text + `,"version":"1"}`
		assert.True(t, body == want, "%s: %.200s", test.function, body)
	}
}
