package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const markdown = "# Limits\n\n```\n# a comment\n```\n\nThe end"

func TestPageIsMarkdownAsItIs(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, (&terminal{out: &out}).page(markdown))
	assert.Equal(t, markdown, out.String())

	out.Reset()
	require.NoError(t, (&terminal{out: &out, outColor: true}).page(markdown))
	assert.Equal(t, "\x1b[1m# Limits\x1b[22m\n\n```\n# a comment\n```\n\nThe end", out.String(), "headings are bold, comments in code are not")
}

func TestPageGoesThroughThePager(t *testing.T) {
	t.Setenv("LESS", "")
	var out, problems bytes.Buffer
	term := &terminal{out: &out, err: &problems, pager: `sed "s/^/$LESS /"`}
	require.NoError(t, term.page("one\ntwo\n"))
	assert.Equal(t, "FRX one\nFRX two\n", out.String())
	term.pager = "echo cannot >&2; exit 3"
	assert.Error(t, term.page("one\n"))
	assert.Equal(t, "cannot\n", problems.String())
	t.Setenv("LESS", "-S")
	out.Reset()
	term.pager = `echo "$LESS"`
	require.NoError(t, term.page("one\n"))
	assert.Equal(t, "-S\n", out.String())
}
