package server

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
	"os"
	"path/filepath"
)

// versions returns what watch makes of files of these versions, by version.
func versions(t *testing.T, texts ...string) map[string]watch.Version {
	dir := t.TempDir()
	for _, text := range texts {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "libx.v"+text+".so"), nil, 0o666))
	}
	list, err := watch.List(dir, "x")
	require.NoError(t, err)
	byText := map[string]watch.Version{}
	for _, v := range list {
		byText[v.Text] = v
	}
	return byText
}

func none(watch.Version) bool { return false }

// Before anything serves, what passed last comes first.
func TestFirstCandidate(t *testing.T) {
	v := versions(t, "1", "2", "3")
	var c candidates
	for _, text := range []string{"1", "2", "3"} {
		c.add(v[text], text == "3")
	}
	passed := func(v watch.Version) bool { return v.Text == "2" }
	first, ok := c.best(passed)
	require.True(t, ok)
	assert.Equal(t, "2", first.Text)
	c.tried(first, true)
	next, _ := c.best(passed)
	assert.Equal(t, "3", next.Text)
}

func TestCandidates(t *testing.T) {
	v := versions(t, "1", "2", "3", "10")
	var c candidates
	best := func() string {
		v, _ := c.best(none)
		return v.Text
	}
	_, ok := c.best(none)
	assert.False(t, ok)

	assert.Equal(t, wait, c.add(v["1"], false))
	assert.Equal(t, wait, c.add(v["2"], false))
	assert.Equal(t, try, c.add(v["10"], true))
	assert.Equal(t, "10", best())
	assert.Empty(t, c.tried(v["10"], false))
	assert.Equal(t, "2", best())
	assert.Equal(t, []watch.Version{v["1"]}, c.tried(v["2"], true))
	assert.Empty(t, best())
	assert.True(t, c.isCurrent(v["2"]))

	assert.Equal(t, older, c.add(v["1"], false))
	assert.Empty(t, best())
	assert.Equal(t, try, c.add(v["3"], false), "10 has failed, so nobody waits for it")
	assert.Equal(t, "3", best())
	c.remove(v["3"])
	assert.Empty(t, best())
	assert.Equal(t, try, c.add(v["2"], true), "the current one with other content")
	assert.Equal(t, "2", best())
	assert.Empty(t, c.tried(v["2"], false))
	assert.True(t, c.isCurrent(v["2"]), "what it was loaded from before goes on")
	assert.Equal(t, try, c.add(v["10"], true), "10 has changed")
	assert.Equal(t, "10", best())
	assert.Empty(t, c.tried(v["10"], true), "2 was tried, nobody passed it by")
}

// TestJournalKeepsTheLast also shows that a reader who is late loses the
// oldest and nothing else.
func TestJournalKeepsTheLast(t *testing.T) {
	var told int
	j := newJournal(func(Event) { told++ })
	_, more, closed := j.from(1, "")
	assert.False(t, closed)
	for range journalSize + 10 {
		j.add(host.Event{State: host.Found}, "")
	}
	<-more
	events, more, _ := j.from(1, "")
	require.Len(t, events, journalSize)
	assert.Equal(t, int64(11), events[0].ID)
	assert.Equal(t, j.lastID(), events[journalSize-1].ID)
	events, _, _ = j.from(j.lastID()+1, "")
	assert.Empty(t, events)
	j.close()
	j.close()
	<-more
	j.add(host.Event{State: host.Drained}, "")
	events, _, closed = j.from(j.lastID(), "")
	assert.True(t, closed)
	assert.Len(t, events, 1)
	assert.Equal(t, journalSize+11, told)
}
