package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// A server goes on serving when nobody reads its output any more.
func TestServeOutlivesTheReaderOfItsOutput(t *testing.T) {
	dir := t.TempDir()
	first, err := libtest.GreeterIn(dir, "1")
	require.NoError(t, err)
	cmd := exec.Command("hotso", "serve", dir, "--addr", "127.0.0.1:0", "--json")
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = w, w
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	require.NoError(t, w.Close())
	line, err := bufio.NewReader(r).ReadBytes('\n')
	require.NoError(t, err)
	var at struct{ Listening string }
	require.NoError(t, json.Unmarshal(line, &at))
	require.NoError(t, r.Close()) // every event from now on is written to nobody

	second, err := libtest.GreeterIn(t.TempDir(), "2")
	require.NoError(t, err)
	require.NoError(t, os.Rename(second, filepath.Join(dir, filepath.Base(second))))
	require.NotEqual(t, first, second)
	require.Eventually(t, func() bool {
		select {
		case err := <-ended:
			ended <- err
			return true
		default:
		}
		res, err := http.Get(at.Listening + "/versions")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		var v struct{ Serving string }
		return json.NewDecoder(res.Body).Decode(&v) == nil && v.Serving == "2"
	}, limit, limit/1000)
	select {
	case err := <-ended:
		ended <- err
		assert.Fail(t, "hotso ended", "%v", err)
	default:
	}
}
