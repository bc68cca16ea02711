package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	all, err := choose("all")
	require.NoError(t, err)
	assert.Len(t, all, 8)
	one, err := choose("race")
	require.NoError(t, err)
	require.Len(t, one, 1)
	assert.Equal(t, []string{"-race"}, one[0].build)
	_, err = choose("fast")
	assert.ErrorContains(t, err, `no mode "fast"; there are plain, race, gc,`)
}

const said = `model: seed 41, after 0 rounds
model: seed 42, after 1 rounds
    model_linux_test.go:39: seed 42: a fault
model: 2 rounds in 9s
PASS
`

func TestProgress(t *testing.T) {
	var out strings.Builder
	p := progress{out: &out, mode: "plain"}
	require.NoError(t, p.follow(strings.NewReader(said)))
	assert.EqualValues(t, 42, p.seed)
	assert.Equal(t, "    model_linux_test.go:39: seed 42: a fault\nplain        2 rounds in 9s\n", out.String())
}

func TestProgressOnATerminal(t *testing.T) {
	var out strings.Builder
	p := progress{out: &out, mode: "plain", terminal: true}
	require.NoError(t, p.follow(strings.NewReader(said)))
	assert.Equal(t, "\r\x1b[Kplain        seed 41, after 0 rounds\r\x1b[Kplain        seed 42, after 1 rounds\n"+
		"    model_linux_test.go:39: seed 42: a fault\n\r\x1b[Kplain        2 rounds in 9s\n", out.String())
}
