package main

import (
	"net/http"
	"os"
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

// deployWith asks for a rollback with that token and returns the status.
func (c *child) deployWith(token string) int {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.url+"/rollback", nil)
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}

func (c *child) awaitStderr(text string, times int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return strings.Count(c.stderr.String(), text) >= times }, limit, limit/1000, text)
}

// White space around the token in a file is not of the token, wherever it comes from.
func TestTokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for content, bad := range map[string]string{
		"secret": "", "secret\n": "", " secret \t\r\n\n": "",
		"": "empty", " \n": "empty", "one\ntwo\n": "one word", "one two": "one word", "\ufeffsecret": "one word",
		strings.Repeat("x", maxSmall+1): "more than",
	} {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		token, err := new(serveFlags).readToken("--token-file", file)
		if bad == "" {
			assert.NoError(t, err, "%q", content)
			assert.Equal(t, "secret", token, "%q", content)
		} else {
			assert.ErrorContains(t, err, bad)
		}
	}
	for _, token := range []string{"", " ", "secret ", " secret", "secret\n"} {
		f := serveFlags{hasToken: true, token: token, isGiven: func(string) bool { return false }}
		_, err := f.readToken("", "")
		assert.Error(t, err, "%q", token)
	}
	require.NoError(t, os.Remove(file))
	require.NoError(t, syscall.Mkfifo(file, 0o600))
	_, err := new(serveFlags).readToken("--token-file", file)
	assert.ErrorContains(t, err, "empty", "it must not wait for a writer")
	_, err = new(serveFlags).readToken("--token-file", "/dev/zero")
	assert.ErrorContains(t, err, "more than")
}

// SIGHUP reads keys and token again, and refused files are judged anew; a broken file
// leaves all as it was.
func TestServeReloads(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("SIGHUP is ignored here, as under nohup(1), and stays so for the server")
	}
	dir, keys := t.TempDir(), t.TempDir()
	at := func(base string) string { return filepath.Join(keys, base) }
	write := func(base, content string) { require.NoError(t, os.WriteFile(at(base), []byte(content), 0o600)) }
	run := func(args ...string) {
		_, problem, code := hotso(t, args...)
		require.Zero(t, code, problem)
	}
	one, two := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	for name, library := range map[string]string{"old": one, "new": two} {
		run("keygen", "-o", at(name))
		run("seal", library, "--key", at(name+".key"))
	}
	pub := func(name string) string {
		b, err := os.ReadFile(at(name + ".pub"))
		require.NoError(t, err)
		return string(b)
	}
	write("trusted", pub("old"))
	write("token", "first\n")
	moveInto(t, dir, one)
	c := startServe(t, dir, "--key", at("trusted"), "--token-file", at("token"))
	c.await(host.Serving)
	moveInto(t, dir, two)
	assert.Contains(t, c.await(host.Refused).Detail, "signature not trusted")
	assert.Equal(t, http.StatusConflict, c.deployWith("first"))

	write("trusted", "broken")
	write("token", "second")
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGHUP))
	c.awaitStderr("hotso: SIGHUP: keys and token stay as they were: --key ", 1)
	assert.Equal(t, http.StatusConflict, c.deployWith("first"))
	assert.Equal(t, http.StatusUnauthorized, c.deployWith("second"))

	write("trusted", pub("new"))
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGHUP))
	assert.Equal(t, "2", c.await(host.Serving).Version)
	c.awaitStderr("hotso: SIGHUP: keys and token are read again\n", 1)
	assert.Equal(t, http.StatusUnauthorized, c.deployWith("first"))
	assert.NotEqual(t, http.StatusUnauthorized, c.deployWith("second"))

	require.NoError(t, os.Remove(at("token")))
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGHUP))
	c.awaitStderr("stay as they were: ", 2)
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	assert.Zero(t, c.exit())
}
