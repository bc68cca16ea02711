package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// logged lists the lines of the log for machines that have these keys and values.
func (c *child) logged(want map[string]any) (found []map[string]any) {
	text, _ := strings.CutSuffix(c.stderr.String(), "\n")
	for line := range strings.SplitSeq(text, "\n") {
		var l map[string]any
		if json.Unmarshal([]byte(line), &l) != nil {
			continue // it may not be whole yet
		}
		matches := true
		for key, value := range want {
			matches = matches && l[key] == value
		}
		if matches {
			found = append(found, l)
		}
	}
	return found
}

// awaitLog waits for such a line and returns the last.
func (c *child) awaitLog(want map[string]any) (found map[string]any) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		all := c.logged(want)
		if len(all) > 0 {
			found = all[len(all)-1]
		}
		return len(all) > 0
	}, limit, limit/1000, "%v", want)
	return found
}

func (c *child) get(path, hostName string) int {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, c.url+path, nil)
	require.NoError(c.t, err)
	r.Host = hostName
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}

// One file sets up two libraries in two directories, and changes them while they run; the log is
// for machines. One library crashes, and the other does not notice.
func TestServeConfig(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("SIGHUP is ignored here, as under nohup(1), and stays so for the server")
	}
	etc := t.TempDir()
	one, two := filepath.Join(etc, "one"), filepath.Join(etc, "two")
	require.NoError(t, os.Mkdir(one, 0o777))
	require.NoError(t, os.Mkdir(two, 0o777))
	moveInto(t, one, libtest.Greeter(t, "1"))
	moveInto(t, two, libtest.Build(t, "callback", "1"))
	file := filepath.Join(etc, "hotso.yaml")
	write := func(path, content string) { require.NoError(t, os.WriteFile(path, []byte(content), 0o600)) }
	write(filepath.Join(etc, "token"), "first")
	config := func(address, more string) {
		write(file, "directories: [one, two]\naddress: "+address+"\ntoken-file: token\n"+more)
	}
	config("127.0.0.1:0", "log: json\nlog-rate: 2\nlibraries:\n  greeter:\n    checks: ['Add 1 1 = 2']\n")
	c := start(t, exec.Command("hotso", "serve", "--config", file, "--json"))
	serving := c.awaitLog(map[string]any{"library": "greeter", "state": "serving", "level": "INFO", "source": "server", "version": "1"})
	assert.Contains(t, serving, "took_ms")
	assert.Contains(t, serving, "time")
	assert.Equal(t, "greeter v1 serving", serving["msg"])
	assert.Len(t, serving["sha256"], 64)
	assert.Equal(t, filepath.Join(one, "libgreeter.v1.so"), serving["file"])
	c.awaitLog(map[string]any{"library": "callback", "state": "serving"})
	assert.Equal(t, c.url, c.awaitLog(map[string]any{"msg": "listening"})["address"])

	// Libraries log in the same stream, so much and no more.
	for range 5 {
		status, body := c.call("callback/Log", "")
		require.Equal(t, http.StatusOK, status, body)
	}
	line := c.awaitLog(map[string]any{"source": "library", "library": "callback", "version": "1", "msg": "hello", "level": "INFO"})
	assert.Equal(t, map[string]any{"a": 1.0, "g": map[string]any{"took": 1e9, "ok": true, "h": map[string]any{"err": "EOF"}}}, line["attrs"])
	dropped := c.awaitLog(map[string]any{"source": "library", "library": "callback", "level": "WARN"})
	assert.Contains(t, dropped["msg"], "log records were dropped")
	assert.InDelta(t, 2, dropped["attrs"].(map[string]any)["rate"], 0)

	// A crash is of one library.
	status, body := c.call("callback/Crash", "")
	assert.Equal(t, http.StatusBadGateway, status, body)
	crashed := c.awaitLog(map[string]any{"library": "callback", "state": "crashed", "level": "ERROR"})
	assert.NotEmpty(t, crashed["reason"])
	assert.Equal(t, "errors/crashed", crashed["page"])
	status, body = c.call("greeter/Add", "[1, 2]")
	assert.Equal(t, http.StatusOK, status, body)
	assert.Empty(t, c.logged(map[string]any{"library": "greeter", "state": "crashed"}))

	// A bad file leaves all as it was.
	hangUp := func() { require.NoError(t, c.cmd.Process.Signal(syscall.SIGHUP)) }
	write(filepath.Join(etc, "token"), "second")
	config("127.0.0.1:0", "lag: text\n")
	hangUp()
	c.awaitLog(map[string]any{"level": "WARN", "msg": fmt.Sprintf("SIGHUP: %[1]s, keys and token stay as they were: %[1]s:4: there is no key \"lag\"; there are directories, "+
		"names, address, allow-hosts, token-file, socket, log, log-rate, max-body, max-memory, max-connections, no-page, no-metrics, poll, host-id, allow-rollback, cache, cache-size, plain-http, registry-ca, cosign-keys, keys, checks, drain, probation, exclusive, canary, promote-calls, "+
		"promote-after, promote-errors, max-calls, call-timeout, kill-hung, libraries", file)})
	assert.Equal(t, http.StatusForbidden, c.get("/healthz", "api.example.com"))

	// A good one is taken as far as it can, and what can't is named.
	config("127.0.0.1:1", "log: json\nallow-hosts: [api.example.com]\nlibraries:\n  greeter:\n    checks: ['GreetName Ada = Hello, Ada!']\n    drain: 1s\n    canary: 10\n")
	hangUp()
	c.awaitLog(map[string]any{"msg": fmt.Sprintf("%[1]s:2: address, %[1]s:9: libraries.greeter.drain need a restart", file)})
	assert.Equal(t, http.StatusOK, c.get("/libraries", "api.example.com"))
	request, err := http.NewRequest(http.MethodPost, c.url+"/rollback/greeter", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer second")
	resp, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusConflict, resp.StatusCode)
	moveInto(t, one, libtest.Greeter(t, "2"))
	assert.Contains(t, c.awaitLog(map[string]any{"library": "greeter", "version": "2", "state": "failed"})["reason"], "the answer is Hello, Ada! (v2)")

	// The commands need a name where there are several.
	socket := filepath.Join(one, ".hotso.sock")
	list, problem, code := hotso(t, "versions", one)
	assert.Zero(t, code, problem)
	assert.Regexp(t, `(?m)^version +state`, list)
	list, _, _ = hotso(t, "versions", "--socket", c.url)
	assert.Regexp(t, `(?m)^library +version +state`, list)
	assert.Regexp(t, `(?m)^callback +1 +serving`, list)
	assert.Regexp(t, `(?m)^greeter +2 +failed`, list)
	list, problem, code = hotso(t, "versions", "--socket", socket, "--name", "callback", "--json")
	assert.Zero(t, code, problem)
	assert.Contains(t, list, `"name": "callback"`)
	_, problem, code = hotso(t, "promote", "--socket", socket, "--name", "nobody")
	assert.Equal(t, 1, code)
	assert.Contains(t, problem, "there is no such library: nobody; there is callback, greeter")
	names, _ := completed(t, "rollback", one, "--name", "")
	assert.Equal(t, []string{"callback\t" + two, "greeter\t" + one}, names)

	// A text is for people again.
	config("127.0.0.1:0", "log: text\n")
	hangUp()
	c.awaitStderr("hotso: SIGHUP: "+file+", keys and token are read again", 1)
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	c.await(host.Drained)
	assert.Zero(t, c.exit())
}
