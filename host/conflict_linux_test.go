package host_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// shared is a file for two versions.
func shared(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	return file
}

func holding(file, how string) host.Option {
	return host.Environ("HOTSO_FILE="+file, "HOTSO_HOW="+how)
}

// Two versions that write to one file, or of which one has it locked, are told of during a swap.
// Those that append or read are not.
func TestConflictsOfASwap(t *testing.T) {
	path := libtest.Build(t, "holder", "1")
	for _, tt := range []struct {
		how    string
		is     bool
		locked bool
	}{{"write", true, false}, {"fcntl", true, true}, {"append", false, false}, {"read", false, false}, {"shared", false, false}} {
		t.Run(tt.how, func(t *testing.T) {
			var events journal
			file := shared(t)
			newSlot(t, "holder", []string{path, path}, holding(file, tt.how), events.option())
			var found []host.Conflict
			for _, e := range events.all() {
				assert.Equal(t, e.State == host.Conflicting, len(e.Conflicts) > 0)
				found = append(found, e.Conflicts...)
			}
			if !tt.is {
				assert.Empty(t, found)
				return
			}
			assert.Contains(t, found, host.Conflict{Path: file, Name: "holder", Version: "1", Locked: tt.locked})
			assert.True(t, events.tells(file+" is open"))
		})
	}
}

// RefuseConflicts gives the new version up, and the old one serves on.
func TestRefuseConflicts(t *testing.T) {
	path := libtest.Build(t, "holder", "1")
	file := shared(t)
	slot := newSlot(t, "holder", []string{path}, holding(file, "write"), host.RefuseConflicts())
	serving := slot.Current()
	_, err := slot.Swap(bg, path)
	assert.ErrorIs(t, err, host.ErrConflict)
	assert.ErrorContains(t, err, file+" is open for writing in holder v1, too")
	assert.Same(t, serving, slot.Current())
	assert.Equal(t, host.Failed, slot.Versions()[1].State)
}

// A start hook that waits for a lock, and one whose lock is taken, fail with the file and its holder.
func TestStartThatWaitsForALock(t *testing.T) {
	path := libtest.Build(t, "holder", "1")
	file := shared(t)
	slot := newSlot(t, "holder", []string{path}, holding(file, "flock"), host.StartTimeout(time.Second))
	_, err := slot.Swap(bg, path)
	assert.ErrorIs(t, err, host.ErrStart)
	assert.ErrorContains(t, err, file+" is open, and locked, in holder v1, too")
}

// What two slots open when they are called is found within seconds, is told once by each event, and
// is over when one of them is closed.
func TestConflictsOfTwoSlots(t *testing.T) {
	path := libtest.Build(t, "holder", "1")
	var events journal
	a, b := newSlot(t, "holder", []string{path}, events.option()), newSlot(t, "holder", []string{path}, events.option())
	file := shared(t)
	for _, s := range []*host.Slot{a, b} {
		_, err := s.Call(bg, "Hold", file, "write")
		require.NoError(t, err)
	}
	want := []host.Conflict{{Path: file, Name: "holder", Version: "1"}}
	for _, s := range []*host.Slot{a, b} {
		eventually(t, func() bool { return len(s.Versions()[0].Conflicts) > 0 }, "the conflict is seen")
		assert.Equal(t, want, s.Versions()[0].Conflicts)
	}
	requireNothingLeft(t)(a.Close(bg))
	eventually(t, func() bool { return len(b.Versions()[0].Conflicts) == 0 }, "the conflict is over")
	told := 0
	for _, e := range events.all() {
		told += len(e.Conflicts)
	}
	assert.Equal(t, 2, told, "once by each version")
}
