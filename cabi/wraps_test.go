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
	list, err := os.ReadFile("wraps.h")
	require.NoError(t, err)
	text, err := os.ReadFile("wraps.c")
	require.NoError(t, err)
	var listed []string
	for _, m := range regexp.MustCompile(`\bW\((\w+)\)`).FindAllStringSubmatch(string(list), -1) {
		listed = append(listed, m[1])
	}
	_, texts, _ := strings.Cut(string(text), "hotso_wraps[] =")
	others := regexp.MustCompile(`("crosscall2 [^;]*)WRAPS\(NAME\);`).FindStringSubmatch(texts)
	require.NotNil(t, others, "the names that only Go's own C code calls")
	listed = append(listed, regexp.MustCompile(`\w+`).FindAllString(others[1], -1)...)
	slices.Sort(wrapped)
	slices.Sort(listed)
	assert.Equal(t, wrapped, listed, "wraps.c has the names of shim_linux.go")
}
