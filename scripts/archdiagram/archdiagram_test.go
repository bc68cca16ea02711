package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var root = filepath.Join("..", "..")

// The picture is of the code as it is.
func TestPictureIsUpToDate(t *testing.T) {
	want, err := draw(root)
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(root, picture))
	require.NoError(t, err)
	assert.True(t, string(want) == string(have), "go run ./scripts/archdiagram")
}

// Each package stands above all that it imports, no two stand in one place, and no arrow
// follows from others.
func TestPlaces(t *testing.T) {
	packages, err := load(root)
	require.NoError(t, err)
	require.Greater(t, len(packages), 20)
	g := newGraph(packages)
	g.reduce()
	g.place()
	seen := map[[2]int]string{}
	for _, n := range g.nodes {
		at := [2]int{n.x, n.row}
		assert.Empty(t, seen[at], n.ImportPath)
		seen[at] = n.ImportPath
		for _, to := range n.to {
			assert.Less(t, n.row, to.row, "%s -> %s", n.ImportPath, to.ImportPath)
			for _, other := range n.to {
				assert.NotContains(t, other.to, to, "%s -> %s follows from others", n.ImportPath, to.ImportPath)
			}
		}
	}
}
