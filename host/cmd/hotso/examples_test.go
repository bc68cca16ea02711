package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// examplesOf are the command lines of hotso in the examples of a command, each as its words.
func examplesOf(t *testing.T, cmd *cobra.Command) (lines [][]string) {
	for line := range strings.Lines(cmd.Example) {
		for _, part := range split(t, strings.TrimRight(line, "\n")) {
			if len(part) > 0 && part[0] == "hotso" {
				lines = append(lines, part[1:])
			}
			if len(part) > 3 && part[0] == "go" && part[1] == "tool" && part[2] == "hotso" {
				lines = append(lines, part[3:])
			}
		}
	}
	return lines
}

// split splits a line of a shell into its commands, and these into words, as far as examples need it: quotes, comments,
// redirections, and what stands between commands.
func split(t *testing.T, line string) (commands [][]string) {
	var words []string
	var word strings.Builder
	begun, quote, skip := false, rune(0), false
	end := func() {
		if begun && !skip {
			words = append(words, word.String())
		}
		skip = skip && !begun
		word.Reset()
		begun = false
	}
	next := func() { end(); commands = append(commands, words); words = nil }
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, begun = c, true
		case c == '#' && !begun:
			next()
			return commands
		case c == ' ' || c == '\t':
			end()
		case c == '>':
			end()
			skip = true // the file
		case strings.ContainsRune("|&;()<", c):
			next()
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	require.Zero(t, quote, "a quote without its end: %s", line)
	next()
	return commands
}

func TestSplit(t *testing.T) {
	assert.Equal(t, [][]string{{"hotso", "soak", "x.so", "--call", "Add 1 2"}, {"jq"}}, split(t, `hotso soak x.so --call 'Add 1 2' > out | jq # and so on`))
	assert.Equal(t, [][]string{{"a"}, nil, {"b", ""}}, split(t, `a && b ""`))
}

// Every command has examples, and what they say can be said: commands, flags with values of their types, and as
// many arguments as there may be.
func TestExamples(t *testing.T) {
	var all func(cmd *cobra.Command)
	n := 0
	all = func(cmd *cobra.Command) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			lines := examplesOf(t, cmd)
			assert.NotEmpty(t, lines, "no example")
			for _, words := range lines {
				n++
				root := newRoot(&terminal{}) // flags remember what they were set to
				at, rest, err := root.Find(numbersAreArguments(words))
				require.NoError(t, err, words)
				require.NoError(t, at.ParseFlags(rest), words)
				if at.Args != nil {
					assert.NoError(t, at.Args(at, at.Flags().Args()), words)
				}
			}
		})
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				all(c)
			}
		}
	}
	all(newRoot(&terminal{}))
	assert.Greater(t, n, 50, "examples were found")
}

// A wrong example would be found.
func TestExamplesAreChecked(t *testing.T) {
	for _, wrong := range []string{"hotso inspect", "hotso serve build --no-such-flag", "hotso soak x.so --reloads many", "hotso version 2"} {
		words := split(t, wrong)[0][1:]
		at, rest, err := newRoot(&terminal{}).Find(words)
		require.NoError(t, err)
		if err = at.ParseFlags(rest); err == nil {
			err = at.Args(at, at.Flags().Args())
		}
		assert.Error(t, err, wrong)
	}
}
