package cabi

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is wrapped at link time is what hosts are told.
func TestWrapsAreListed(t *testing.T) {
	flags, err := os.ReadFile("shim_linux.go")
	require.NoError(t, err)
	var wrapped []string
	for _, m := range regexp.MustCompile(`-Wl,--wrap=(\w+)`).FindAllStringSubmatch(string(flags), -1) {
		wrapped = append(wrapped, m[1])
	}
	list, err := os.ReadFile("wraps.c")
	require.NoError(t, err)
	var listed []string
	_, texts, _ := strings.Cut(string(list), "hotso_wraps[] =")
	for _, m := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(texts, -1) {
		require.True(t, strings.HasSuffix(m[1], " ") || strings.HasSuffix(texts, m[0]+";\n"), "a name ends with a space: %s", m[1])
		listed = append(listed, strings.Fields(m[1])...)
	}
	slices.Sort(wrapped)
	slices.Sort(listed)
	assert.Equal(t, wrapped, listed, "wraps.c has the names of shim_linux.go")
}
