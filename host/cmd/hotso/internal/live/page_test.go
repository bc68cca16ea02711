package live_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/live"
)

// The script in a page of another origin, in Node's DOM.
func TestPage(t *testing.T) {
	if out, err := exec.Command("node", "-e", `require("jsdom"); require("eventsource")`).CombinedOutput(); err != nil {
		t.Skipf("no DOM: npm install jsdom@26 eventsource@3 somewhere, with Node, and set NODE_PATH to its node_modules: %v %.80s", err, out)
	}
	hub := live.NewHub()
	dev := httptest.NewServer(hub)
	defer dev.Close()
	defer hub.Close()
	asked := make(chan string, 10)
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method }))
	defer site.Close()
	node := exec.Command("node", "testdata/page.cjs", site.URL, dev.URL+live.Script)
	keys, err := node.StdinPipe()
	require.NoError(t, err)
	out, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start())
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			lines <- in.Text()
		}
	}()
	next := func() (s struct{ What, Text string }) {
		t.Helper()
		select {
		case line, ok := <-lines:
			require.True(t, ok, "the page has ended")
			require.NoError(t, json.Unmarshal([]byte(line), &s))
		case <-time.After(30 * time.Second):
			require.Fail(t, "the page says nothing")
		}
		return s
	}

	assert.Empty(t, next().Text)
	hub.Fails("shop/main.go:3:4: <b>undefined</b>: x")
	failed := next()
	assert.Equal(t, "shown", failed.What)
	assert.Contains(t, failed.Text, "shop/main.go:3:4: <b>undefined</b>: x", "as text")
	_, err = io.WriteString(keys, "Escape\n")
	require.NoError(t, err)
	assert.Empty(t, next().Text)
	hub.Fails("shop/main.go:5:1: another one")
	assert.Contains(t, next().Text, "shop/main.go:5:1")
	hub.Fails("")
	assert.Empty(t, next().Text, "it is mended, without anything new")
	hub.Serves()
	assert.Equal(t, "reload", next().What)
	assert.Equal(t, http.MethodHead, <-asked, "the site answers")
	require.NoError(t, keys.Close())
	require.NoError(t, node.Wait())
}
