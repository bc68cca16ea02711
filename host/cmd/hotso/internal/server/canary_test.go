package server_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// answeredBy calls with a header and returns the version that answered.
func (r *running) answeredBy(header ...string) string {
	r.t.Helper()
	status, body, _ := r.do("POST", "/call/Greet", "", header...)
	require.Equal(r.t, http.StatusOK, status, body)
	var reply struct{ Version string }
	require.NoError(r.t, json.Unmarshal([]byte(body), &reply))
	return reply.Version
}

// post wants an answer of that status and reads it into v, if it is not nil.
func (r *running) post(path, body string, want int, v any) string {
	r.t.Helper()
	status, answer, _ := r.do("POST", path, body)
	require.Equal(r.t, want, status, answer)
	if v != nil {
		require.NoError(r.t, json.Unmarshal([]byte(answer), v))
	}
	return answer
}

// awaitNote waits until GET /versions says that of a file.
func (r *running) awaitNote(file, says string) {
	r.t.Helper()
	require.EventuallyWithT(r.t, func(c *assert.CollectT) {
		assert.Contains(c, r.entry(file).Reason, says)
	}, limit, poll)
}

func TestCanary(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "1")
	deploy(t, dir, libtest.Greeter(t, "2"))
	r.await(host.Serving, "2")
	r.post("/rollback", "", http.StatusOK, nil)

	var info host.VersionInfo
	r.post("/canary", `{"version":"2","percent":0,"keys":["alice"]}`, http.StatusOK, &info)
	assert.Equal(t, host.Canary, info.State)
	assert.Equal(t, []string{"alice"}, info.Keys)
	assert.Equal(t, "1", r.answeredBy())
	assert.Equal(t, "1", r.answeredBy(server.DefaultKeyHeader, "bob"))
	assert.Equal(t, "2", r.answeredBy(server.DefaultKeyHeader, "alice"))
	r.post("/canary", `{"keys":["alice"],"header":"X-User"}`, http.StatusOK, nil)
	assert.Equal(t, "1", r.answeredBy(server.DefaultKeyHeader, "alice"))
	assert.Equal(t, "2", r.answeredBy("X-User", "alice"))
	r.post("/canary", `{"percent":100}`, http.StatusOK, &info)
	assert.Equal(t, 100.0, info.Share)
	assert.Equal(t, "2", r.answeredBy())
	var v server.Versions
	_, body, _ := r.do("GET", "/versions", "")
	require.NoError(t, json.Unmarshal([]byte(body), &v))
	assert.Equal(t, "1", v.Serving)
	assert.Equal(t, "2", v.Canary)

	assert.Contains(t, r.post("/swap", `{"version":"2"}`, http.StatusConflict, nil), "a canary runs")
	r.post("/rollback", "", http.StatusConflict, nil)
	r.post("/canary", `{"version":"2","percent":1}`, http.StatusConflict, nil)
	deploy(t, dir, libtest.Greeter(t, "3"))
	r.awaitNote("libgreeter.v3.so", "it waits: v2 is a canary")
	var report host.Report
	r.post("/abort", "", http.StatusOK, &report)
	assert.Equal(t, "2", report.Version)
	assert.Equal(t, host.Unloaded, report.State)
	r.await(host.Serving, "3")
	r.post("/abort", "", http.StatusConflict, nil)
	assert.Contains(t, r.post("/promote", "", http.StatusConflict, nil), "no canary runs")
	r.post("/canary", `{"percent":1}`, http.StatusConflict, nil)
	require.NoError(t, r.stop())
}

// Each newer version begins as a canary, one after the other, and what was passed by
// is left out.
func TestCanariesFromTheDirectory(t *testing.T) {
	dir := t.TempDir()
	conf := server.Config{Dirs: []string{dir}, Settings: all(server.Settings{Remember: true, Canary: &host.Share{Percent: 100}})}
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, conf)
	r.await(host.Serving, "1")
	deploy(t, dir, libtest.Greeter(t, "3"))
	r.await(host.Canary, "3")
	assert.Equal(t, "3", r.answeredBy())
	deploy(t, dir, libtest.Greeter(t, "2"))
	r.awaitNote("libgreeter.v2.so", "it waits: v3 is a canary")
	deploy(t, dir, libtest.Greeter(t, "4"))
	r.awaitNote("libgreeter.v4.so", "it waits: v3 is a canary")
	var swap host.Swap
	r.post("/promote", "", http.StatusOK, &swap)
	assert.Equal(t, "3", swap.Version)
	r.await(host.Canary, "4")
	r.post("/abort", "", http.StatusOK, nil)
	r.awaitNote("libgreeter.v2.so", "older than 3, which serves")
	require.NoError(t, r.stop())

	r = start(t, conf) // v4 has failed, and v3 has passed
	r.await(host.Serving, "3")
	r.awaitNote("libgreeter.v4.so", "it failed on probation or as a canary")
	assert.Equal(t, []string{"3"}, r.servedVersions())
	assert.Zero(t, r.count(host.Canary))
	require.NoError(t, r.stop())
}

func TestCanaryThatIsPromotedByRule(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{dir}, Settings: all(server.Settings{Canary: &host.Share{Percent: 100}, Promotion: host.Promotion{Calls: 3},
		Options: []host.Option{host.Probation(0, host.Rule{Health: time.Millisecond})}})})
	r.await(host.Serving, "1")
	deploy(t, dir, libtest.Greeter(t, "2"))
	r.await(host.Canary, "2")
	for range 3 {
		assert.Equal(t, "2", r.answeredBy())
	}
	assert.Contains(t, r.await(host.Serving, "2").Detail, "promoted by rule: 0 of 3 calls failed in ")
	require.NoError(t, r.stop())
}

func TestCanaryRequests(t *testing.T) {
	r := serving(t, libtest.Greeter(t, "1"))
	for request, want := range map[string]int{
		"":                                  http.StatusBadRequest,
		"{}":                                http.StatusBadRequest,
		`{"version":"1"}`:                   http.StatusBadRequest,
		`{"version":"1","file":"x"}`:        http.StatusBadRequest,
		`{"version":"1","percent":101}`:     http.StatusBadRequest,
		`{"version":"1","percent":"5"}`:     http.StatusBadRequest,
		`{"version":"1","percent":5,"x":1}`: http.StatusBadRequest,
		`{"percent":5,"calls":3}`:           http.StatusBadRequest,
		`{"percent":5,"header":"a b"}`:      http.StatusBadRequest,
		`{"percent":5} x`:                   http.StatusBadRequest,
		`{"version":"1","percent":5,"after":"soon"}`: http.StatusBadRequest,
		`{"version":"1","percent":5,"errors":2}`:     http.StatusBadRequest,
		`{"version":"7","percent":5}`:                http.StatusNotFound,
		`{"file":"/etc/passwd","percent":5}`:         http.StatusNotFound,
		`{"percent":5}`:                              http.StatusConflict,
	} {
		status, body, _ := r.do("POST", "/canary", request)
		assert.Equal(t, want, status, "%s: %s", request, body)
	}
	for _, path := range []string{"/canary", "/promote", "/abort"} {
		status, _, _ := r.do("GET", path, "")
		assert.Equal(t, http.StatusMethodNotAllowed, status)
		status, _, _ = r.do("POST", path, "", "Authorization", "Bearer no")
		assert.Equal(t, http.StatusUnauthorized, status)
	}
}
