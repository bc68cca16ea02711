package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	rows, err := read("10 20 30\n20 10 60\n10 15 30\n10 15 30\n", 2)
	require.NoError(t, err)
	assert.Equal(t, []measurement{{10, 15, 1.5}, {10, 30, 3}}, rows)
	for _, bad := range []string{"", "10\n", "0 1\n", "x y\n", "1 2 3\n", "1 NaN\n"} {
		_, err := read(bad, 1)
		assert.Error(t, err, "%q", bad)
	}
}
