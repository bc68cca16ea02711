package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registrytest"
)

// must runs a command that must succeed.
func must(t *testing.T, args ...string) {
	t.Helper()
	_, problem, code := hotso(t, args...)
	require.Zero(t, code, "hotso %s: %s", strings.Join(args, " "), problem)
}

// serveChannel starts a server of the channel stable.
func serveChannel(t *testing.T, repository, cache, hostID string, args ...string) *child {
	return startServe(t, append([]string{"oci://" + repository + ":stable", "--cache", cache, "--host-id", hostID, "--poll", "1s"}, args...)...)
}

// metrics is what GET /metrics says.
func (c *child) metrics() string {
	resp, err := http.Get(c.url + "/metrics")
	require.NoError(c.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return string(b)
}

// A tag is served as it moves, without the registry too, and a rollout reaches the hosts that are in.
func TestServeChannel(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{Auth: registrytest.BasicAuth})
	t.Setenv("DOCKER_CONFIG", r.DockerConfig())
	repository, cache := r.Host+"/team/greeter", t.TempDir()
	must(t, "push", libtest.Greeter(t, "1"), repository, "--tag", "stable")
	in, out := hostAt(t, "2", 0, 30), hostAt(t, "2", 40, 100)
	first, second := serveChannel(t, repository, cache, in, "--probation", "1h"), serveChannel(t, repository, cache, out)
	first.await(host.Serving)
	second.await(host.Serving)

	must(t, "push", libtest.Greeter(t, "2"), repository)
	must(t, "rollout", "start", repository+":2", "--steps", "30%,100%", "--bake", "1h")
	assert.Equal(t, "2", first.await(host.Serving).Version)
	require.Eventually(t, func() bool {
		return strings.Contains(second.metrics(), `hotso_channel_position_ratio{channel="`+repository+`:stable",library="greeter",version="2"} 0.`)
	}, limit, limit/100)
	_, body := second.call("Greet", "[]")
	assert.Contains(t, body, `"version":"1"`)

	must(t, "rollout", "abort", repository)
	assert.Contains(t, first.await(server.Removed).Detail, "does not stand for it any more")
	require.Eventually(t, func() bool {
		_, body := first.call("Greet", "[]")
		return strings.Contains(body, `"version":"1"`)
	}, limit, limit/100)

	r.Kill()
	assert.Contains(t, second.await(server.Trouble).Detail, "connection refused")
	require.NoError(t, second.cmd.Process.Signal(os.Interrupt))
	assert.Zero(t, second.exit())
	second = serveChannel(t, repository, cache, out)
	assert.Equal(t, "1", second.await(host.Serving).Version)
	_, body = second.call("Greet", "[]")
	assert.Contains(t, body, `"version":"1"`)
}

// Canaries by calls go on within the hosts that are in, and are taken back as well.
func TestServeChannelWithCanary(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	repository := r.Host + "/greeter"
	must(t, "push", libtest.Greeter(t, "1"), repository, "--tag", "stable")
	cache, err := os.MkdirTemp("", "c") // the path of a socket must not be long
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(cache) })
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOTSO_HOST_ID", "any")
	c := startServe(t, "oci://"+repository+":stable", "--poll", "1s", "--canary", "50")
	c.await(host.Serving)
	must(t, "push", libtest.Greeter(t, "2"), repository)
	must(t, "rollout", "start", repository+":2", "--steps", "100%", "--bake", "1h")
	assert.Equal(t, "2", c.await(host.Canary).Version)
	out, problem, _ := hotso(t, "versions", "oci://"+repository+":stable")
	assert.Regexp(t, `(?m)^2 +canary +50 % `, out, "the server of the channel is asked, not the registry: %s", problem)
	must(t, "rollout", "abort", repository)
	assert.Equal(t, "2", c.await(host.Unloaded).Version)
	for range 10 {
		_, body := c.call("Greet", "[]")
		assert.Contains(t, body, `"version":"1"`)
	}
}

// hostAt finds a host that stands between two percents for a version.
func hostAt(t *testing.T, version string, from, to float64) string {
	for i := range 1000 {
		if id := fmt.Sprint("host-", i); plan.Position(id, version) >= from && plan.Position(id, version) < to {
			return id
		}
	}
	require.Fail(t, "no host")
	return ""
}
