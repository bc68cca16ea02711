package page

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// It is small, asks nobody else, and never takes a text for HTML.
func TestFiles(t *testing.T) {
	require.Contains(t, all, "/")
	sum := 0
	for path, f := range all {
		sum += len(f.content)
		text := strings.ReplaceAll(string(f.content), "http://www.w3.org/2000/svg", "") // a name, not an address
		for _, sign := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "http:", "https:", " style=", " onclick="} {
			assert.NotContains(t, text, sign, path)
		}
		assert.NotEmpty(t, f.kind, path)
	}
	assert.Less(t, sum, 200_000)
}

// All files that one names are there.
func TestLinks(t *testing.T) {
	named := 0
	for from, f := range all {
		for _, m := range regexp.MustCompile(`(?:src|href|from|import)(?:=| )"(?:/page|\.)/([^"]+)"`).FindAllStringSubmatch(string(f.content), -1) {
			assert.Contains(t, all, "/page/"+m[1], "in %s", from)
			named++
		}
	}
	assert.GreaterOrEqual(t, named, len(all)-1)
}

func TestOthersAreMissing(t *testing.T) {
	h := Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, path := range []string{"/page/", "/page/index.html", "/page/../page.go", "/other"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		assert.Equal(t, http.StatusTeapot, w.Code, path)
	}
}
