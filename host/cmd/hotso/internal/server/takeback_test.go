package server_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// channel starts a server of v1 and v2 whose directory is a channel's.
func channel(t *testing.T, s server.Settings) (r *running, second string) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	r = start(t, server.Config{Dirs: []string{dir}, Settings: all(s), Channels: map[string]string{dir: "oci://registry.test/greeter:stable"}})
	r.await(host.Serving, "1")
	deploy(t, dir, libtest.Greeter(t, "2"))
	return r, filepath.Join(dir, "libgreeter.v2.so")
}

// What is removed from the directory of a channel serves no call any more.
func TestTakeBack(t *testing.T) {
	for name, s := range map[string]server.Settings{
		"gone":      {},
		"warm":      {Options: []host.Option{host.Probation(time.Hour, host.Rule{})}},
		"exclusive": {Options: []host.Option{host.Exclusive()}},
	} {
		t.Run(name, func(t *testing.T) {
			r, second := channel(t, s)
			r.await(host.Serving, "2")
			assert.Equal(t, "oci://registry.test/greeter:stable", r.Libraries()[0].Channel)
			require.NoError(t, os.Remove(second))
			assert.Contains(t, r.await(server.Removed, "2").Detail, "does not stand for it any more")
			require.Eventually(t, func() bool { return r.Libraries()[0].Serving == "1" }, limit, poll)
			r.await(host.Unloaded, "2")
			assert.Zero(t, r.count(host.Crashed))
			deploy(t, filepath.Dir(second), libtest.Greeter(t, "2")) // it may come again
			require.Eventually(t, func() bool { return r.Libraries()[0].Serving == "2" }, limit, poll)
		})
	}
}

func TestTakeBackOfACanary(t *testing.T) {
	r, second := channel(t, server.Settings{Canary: &host.Share{Percent: 50}})
	r.await(host.Canary, "2")
	require.NoError(t, os.Remove(second))
	r.await(host.Unloaded, "2")
	assert.Equal(t, "1", r.Libraries()[0].Serving)
	assert.Empty(t, r.Libraries()[0].Canary)
}

// When the channel moves on, the canary of what it stood for does not hold up the next.
func TestCanaryOfAChannelMovesOn(t *testing.T) {
	r, second := channel(t, server.Settings{Canary: &host.Share{Percent: 50}})
	r.await(host.Canary, "2")
	deploy(t, filepath.Dir(second), libtest.Greeter(t, "3"))
	r.await(host.Canary, "3")
	r.await(host.Unloaded, "2")
	assert.Equal(t, "1", r.Libraries()[0].Serving)
}

// Where nothing else is left the version serves on.
func TestNothingToGoBackTo(t *testing.T) {
	r, second := channel(t, server.Settings{})
	r.await(host.Serving, "2")
	require.NoError(t, os.Remove(filepath.Join(filepath.Dir(second), "libgreeter.v1.so")))
	r.await(server.Removed, "1")
	require.NoError(t, os.Remove(second))
	r.await(server.Removed, "2")
	assert.Equal(t, "2", r.answeredBy())
	assert.Equal(t, "2", r.Libraries()[0].Serving)
}
