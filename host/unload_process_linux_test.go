package host_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/life"
)

// What a library changes of the process is in its report, and in that of no other; what it only
// asks for, or changes of threads and children of its own, is not.
func TestUnloadTellsWhatChangedTheProcess(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	other := must(host.Open(bg, path))(t)
	var events journal
	end := func(function string, want any) *host.Report {
		t.Helper()
		lib := must(host.Open(bg, path, events.option()))(t)
		assert.Equal(t, want, callLib(t, lib, function))
		r, err := lib.Close(bg)
		requireNothingLeft(t)(r, err)
		return r
	}
	r := end("ChangeProcess", nil)
	assert.Equal(t, map[string]int{
		life.Directory: 1, life.Umask: 2, life.Limits: 1, life.Environment: 2, life.IDs: 1, life.Scheduling: 1,
	}, r.Changes)
	r = end("ChangeProcessC", int64(1))
	assert.Equal(t, map[string]int{
		life.Directory: 2, life.Umask: 2, life.Limits: 1, life.Environment: 2, life.Locale: 1, life.IDs: 1,
		life.Scheduling: 2, life.Attributes: 1,
	}, r.Changes)
	r, err := other.Close(bg)
	requireNothingLeft(t)(r, err)
	assert.Empty(t, r.Changes)
	require.Eventually(t, func() bool { return events.tells("it has changed what is the process's: directory (1), ") }, patience, poll)
}
