package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	m, err := read("10 20\n20 10\n10 15\n10 15\n")
	require.NoError(t, err)
	assert.Equal(t, measurement{10, 15, 1.5}, m)
	for _, bad := range []string{"", "10\n", "0 1\n", "x y\n"} {
		_, err := read(bad)
		assert.Error(t, err, "%q", bad)
	}
}
