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

// served are the versions that served, in order.
func (r *running) servedVersions() (versions []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.State == host.Serving {
			versions = append(versions, e.Version)
		}
	}
	return versions
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, server.StateName)
	again := func() *running {
		return start(t, server.Config{Dirs: []string{dir}, Settings: all(server.Settings{Remember: true,
			Options: []host.Option{host.Probation(time.Hour, host.Rule{})}})})
	}
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := again()
	r.await(host.Serving, "1")
	deploy(t, dir, libtest.Greeter(t, "2"))
	r.await(host.Serving, "2")
	require.NoError(t, r.stop())

	r = again() // v2 had not passed, so v1 is there to go back to
	r.await(host.Serving, "2")
	assert.Equal(t, []string{"1", "2"}, r.servedVersions())
	status, body, _ := r.do("POST", "/rollback", "")
	require.Equal(t, 200, status, body)
	require.NoError(t, r.stop())

	r = again() // it has failed now
	r.await(server.Ignored, "2")
	assert.Equal(t, []string{"1"}, r.servedVersions())
	require.NoError(t, r.stop())

	deploy(t, dir, libtest.Greeter(t, "2", libtest.LDFlags("-X github.com/hotso/hotso/libgreeter/greeter.greeting=Hi")))
	r = again() // other content
	r.await(host.Serving, "2")
	assert.Equal(t, []string{"1", "2"}, r.servedVersions())
	require.NoError(t, r.stop())

	for _, damage := range []string{"", "{", `{"passed":7}`, "\x00\xff", `{"passed":{"version":"1"}}`} {
		require.NoError(t, os.WriteFile(state, []byte(damage), 0o600))
		r = again()
		r.await(host.Serving, "2")
		assert.Equal(t, []string{"2"}, r.servedVersions(), "%q", damage)
		require.NoError(t, r.stop())
	}
}

// What can't be remembered is told, and stops nothing.
func TestStateThatCannotBeSaved(t *testing.T) {
	dir := filepath.Dir(libtest.Greeter(t, "1"))
	require.NoError(t, os.Mkdir(filepath.Join(dir, server.StateName), 0o777))
	r := start(t, server.Config{Dirs: []string{dir}, Settings: all(server.Settings{Remember: true})})
	r.await(host.Serving, "1")
	assert.Contains(t, r.await(server.Trouble, "").Detail, "is not saved")
}
