package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// get is do without a token, at a URL that may have one.
func (r *running) get(prefix, path string) (status int, answer string) {
	resp, err := http.Get("http://" + prefix + strings.TrimPrefix(r.url, "http://") + path)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	var b strings.Builder
	_ = resp.Write(&b)
	return resp.StatusCode, b.String()
}

// Go's own tool opens the profile of a version by its URL.
func TestPprofOpensAProfile(t *testing.T) {
	r := serving(t, libtest.Build(t, "profiled", "1"))
	status, _, _ := r.do("POST", "/call/Keep", "[8388608]")
	require.Equal(t, http.StatusOK, status)
	for path, want := range map[string]string{
		"profiled@1/heap":              "main.keepHere",
		"profiled/allocs":              "main.keepHere",
		"profiled@1/goroutine":         "cabiprofile.write",
		"profiled@1/profile?seconds=0": "",
	} {
		cmd := libtest.GoTool(t, "pprof", "-top", "http://me:"+token+"@"+strings.TrimPrefix(r.url, "http://")+"/debug/pprof/"+path)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), want)
	}
	status, text, header := r.do("GET", "/debug/pprof/profiled@1/goroutine?debug=2", "")
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, text, "cabi/cabiprofile/profile.go:")
	assert.Equal(t, "text/plain; charset=utf-8", header.Get("Content-Type"))
	_, _, header = r.do("GET", "/debug/pprof/profiled@1/heap", "")
	assert.Equal(t, "application/octet-stream", header.Get("Content-Type"))
	assert.Equal(t, "attachment; filename=\"profiled@1.heap\"", header.Get("Content-Disposition"))
}

func TestDebugVars(t *testing.T) {
	r := serving(t, libtest.Build(t, "profiled", "1"))
	status, text, header := r.do("GET", "/debug/vars/profiled@1", "")
	require.Equal(t, http.StatusOK, status, text)
	assert.Equal(t, "application/json", header.Get("Content-Type"))
	var vars struct{ Version string }
	require.NoError(t, json.Unmarshal([]byte(text), &vars))
	assert.Equal(t, "1", vars.Version)
}

// The index names what is in the process, whether it serves or not.
func TestDebugLists(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Build(t, "profiled", "1"))
	r := start(t, server.Config{Dirs: []string{dir}, Settings: options(host.Probation(1<<40, host.Rule{}))})
	r.await(host.Serving, "1")
	deploy(t, dir, libtest.Build(t, "profiled", "2"))
	r.await(host.Serving, "2")
	status, text, _ := r.do("GET", "/debug/pprof/", "")
	require.Equal(t, http.StatusOK, status, text)
	var list []server.Debuggable
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	require.Len(t, list, 2)
	assert.Equal(t, "profiled@1", list[0].Library)
	assert.Equal(t, host.Warm, list[0].State)
	assert.Equal(t, "profiled@2", list[1].Library)
	assert.Subset(t, list[1].Profiles, []string{"heap", "profile", "trace"})
	for _, name := range []string{"profiled@1", "profiled@2"} {
		status, text, _ = r.do("GET", "/debug/vars/"+name, "")
		require.Equal(t, http.StatusOK, status)
		assert.Contains(t, text, `"version": "`+name[len(name)-1:]+`"`)
	}
}

// Who may not deploy sees nothing.
func TestDebugNeedsTheToken(t *testing.T) {
	r := serving(t, libtest.Build(t, "profiled", "1"))
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/profiled@1/heap", "/debug/vars/profiled@1"} {
		status, text, header := r.do("GET", path, "", "Authorization", "")
		assert.Equal(t, http.StatusUnauthorized, status, text)
		assert.Equal(t, "Bearer", header.Get("WWW-Authenticate"))
		status, _ = r.get("me:wrong@", path)
		assert.Equal(t, http.StatusUnauthorized, status)
		status, text = r.get("me:"+token+"@", path)
		assert.Equal(t, http.StatusOK, status, text)
		status, _, _ = r.do("POST", path, "")
		assert.Equal(t, http.StatusMethodNotAllowed, status)
	}
	req, err := http.NewRequest("POST", r.url+"/rollback", nil)
	require.NoError(t, err)
	req.SetBasicAuth("me", token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode, "it deploys nothing in this way")
}

func TestDebugOfWhatIsNotThere(t *testing.T) {
	r := serving(t, libtest.Build(t, "profiled", "1"))
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/debug/pprof/profiled@2/heap":                 {404, "there is profiled@1, profiled"},
		"/debug/pprof/other@1/heap":                    {404, "there is no other@1"},
		"/debug/pprof/profiled@1/nonsense":             {404, "nonsense"},
		"/debug/pprof/profiled@1/profile?seconds=soon": {502, "soon"},
		"/debug/vars/profiled@":                        {404, "there is no profiled@"},
	} {
		status, text, header := r.do("GET", path, "")
		assert.Equal(t, want.status, status, path)
		assert.Contains(t, text, want.text)
		assert.Empty(t, header.Get("Content-Disposition"))
	}

	r = serving(t, libtest.Greeter(t, "1"))
	status, text, _ := r.do("GET", "/debug/pprof/greeter@1/heap", "")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, text, "cabiprofile")
	_, text, _ = r.do("GET", "/debug/pprof/", "")
	assert.Contains(t, text, `"profiles":[],"error":"`)
}

// Neither a swap nor the end of the server waits for a profile of an hour, whose connection breaks.
func TestNobodyWaitsForAProfile(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Build(t, "profiled", "1"))
	r := start(t, server.Config{Dirs: []string{dir}, Drain: 10 * limit})
	r.await(host.Serving, "1")
	ask := func(version string) chan int {
		done := make(chan int, 1)
		go func() {
			req, _ := http.NewRequest("GET", r.url+"/debug/pprof/profiled@"+version+"/profile?seconds=3600", nil)
			req.SetBasicAuth("", token)
			for {
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					done <- 0
					return
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusConflict { // with the one below
					done <- resp.StatusCode
					return
				}
			}
		}()
		require.Eventually(t, func() bool {
			status, text, _ := r.do("GET", "/debug/pprof/profiled@"+version+"/profile?seconds=0", "")
			return status == http.StatusConflict && strings.Contains(text, "would count the same time twice")
		}, limit, poll)
		return done
	}
	first := ask("1")
	deploy(t, dir, libtest.Build(t, "profiled", "2"))
	r.await(host.Unloaded, "1")
	assert.Equal(t, http.StatusServiceUnavailable, <-first)
	second := ask("2")
	require.NoError(t, r.stop())
	assert.Zero(t, <-second)
}
