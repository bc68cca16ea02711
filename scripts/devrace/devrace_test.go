package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The program compiles, is what gofmt makes of it, and an edit changes what the edited package says.
func TestProgram(t *testing.T) {
	pinned, err := os.Getwd()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, writeProgram(dir, filepath.Join(pinned, "..", ".."), pinned))
	vet := exec.Command("go", "vet", ".", "./app", "./libapp", "./p29")
	vet.Dir, vet.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	out, err := vet.CombinedOutput()
	require.NoError(t, err, "%s", out)
	before, err := os.ReadFile(filepath.Join(dir, packageFile(edited)))
	require.NoError(t, err)
	require.NoError(t, edit(dir, "word-7"))
	after, err := os.ReadFile(filepath.Join(dir, packageFile(edited)))
	require.NoError(t, err)
	assert.Equal(t, string(bytes.Replace(before, []byte("unedited"), []byte("word-7"), 1)), string(after))
	left, err := filepath.Glob(filepath.Join(dir, "p*", "*~"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestRead(t *testing.T) {
	a := read(200, []byte("<p>visits=<b>42</b> text=<i>hotso-3 unedited</i></p>"))
	require.NoError(t, a.err)
	assert.Equal(t, int64(42), a.visits)
	assert.True(t, a.has("hotso-3"))
	assert.False(t, a.has("hotso-30"))
	assert.Error(t, read(503, nil).err)
	assert.Error(t, read(200, []byte("another page")).err)
}

func TestQuantile(t *testing.T) {
	values := []int{5, 1, 4, 2, 3, 10, 9, 8, 7, 6}
	assert.Equal(t, 5, quantile(values, 0.5))
	assert.Equal(t, 9, quantile(values, 0.9))
	assert.Equal(t, 10, quantile(values, 1))
	assert.Zero(t, quantile([]int(nil), 0.5))
}

// The ratio is that of each edit, as noise meets both of its neighbours alike.
func TestRows(t *testing.T) {
	s := time.Second
	racers := []*racer{
		{tool: tool{name: "air", note: "a note"}, Took: []time.Duration{2 * s, 4 * s, 10 * s, 0}, Refused: 3, Asked: 9, Kept: 0},
		{tool: tool{name: hotsoName}, Took: []time.Duration{s, s, 9 * s, 9 * s}, Asked: 7, Kept: 3},
	}
	rows := rowsOf(racers)
	assert.InDelta(t, 0.5, rows[0].HotsoIs, 1e-9)
	assert.Equal(t, 4*s, rows[0].Median)
	var table bytes.Buffer
	writeTable(&table, place{Edits: 3}, rows)
	assert.Contains(t, table.String(), "| air, a note | 4.00 s | 10.00 s | 0.50 | 3 of 9 | 0 | 1 | 0 of 4 |\n")
	assert.Contains(t, table.String(), "| hotso | 1.00 s | 9.00 s |  | 0 of 7 | 0 | 0 | 3 of 4 |\n")
	for d := xml.NewDecoder(bytes.NewReader(plot(rows))); ; {
		_, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
	}
}
