package foreign

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// text is that of a file of the module.
func text(t *testing.T, path ...string) string {
	t.Helper()
	root, err := libtest.Root()
	require.NoError(t, err)
	b, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	require.NoError(t, err)
	return string(b)
}

// constants are those of hotso.h whose names begin with HOTSOH_, and so.
func constants(t *testing.T, pattern string) map[string]int {
	found := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^ +HOTSOH_(`+pattern+`) = (\d+)`).FindAllStringSubmatch(text(t, "include", "hotso.h"), -1) {
		n, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		found[m[1]] = n
	}
	return found
}

// hotso.h, status.c and the table of errors say the same.
func TestStatusesAreThoseOfTheHeader(t *testing.T) {
	declared := constants(t, `[A-Z_]+`)
	maps.DeleteFunc(declared, func(name string, _ int) bool { return strings.HasPrefix(name, "TYPE_") })
	names := map[string]int{}
	for _, s := range statuses {
		names[strings.ToUpper(s.name)] = int(s.Status)
	}
	assert.Equal(t, declared, names)
	inC := regexp.MustCompile(`NAME\((\w+), "(\w+)"\);`).FindAllStringSubmatch(text(t, "libhotso", "status.c"), -1)
	assert.Len(t, inC, len(names))
	for _, m := range inC {
		assert.Equal(t, m[1], strings.ToUpper(m[2]))
		assert.Contains(t, names, m[1])
	}
}

// Every error of package host has a status of its own.
func TestEveryErrorHasAStatus(t *testing.T) {
	sentinels := regexp.MustCompile(`(?m)^\t(Err[A-Z]\w*) = life\.`).FindAllStringSubmatch(text(t, "host", "errors.go"), -1)
	assert.Greater(t, len(sentinels), 35)
	table := text(t, "host", "foreign", "status.go")
	for _, s := range sentinels {
		assert.Equal(t, 1, strings.Count(table, "host."+s[1]+"}"), s[1])
	}
}

func TestTypesAreThoseOfTheHeader(t *testing.T) {
	declared := constants(t, `TYPE_\w+`)
	want := map[string]int{"TYPE_NONE": int(TypeNone), "TYPE_STRING": int(TypeString), "TYPE_STRUCT": int(TypeStruct), "TYPE_LENT": int(TypeLent)}
	for i, s := range scalars {
		if s == "" {
			continue
		}
		name := "TYPE_" + strings.ToUpper(string(s))
		want[name] = i
		if slice := Type(i) + typeSlice; slice.elem() != "" {
			want[name+"S"] = int(slice)
		}
	}
	want["TYPE_BYTES"] = want["TYPE_UINT8S"]
	delete(want, "TYPE_UINT8S")
	assert.Equal(t, want, declared)
}

// Every setting is documented, and each that is documented exists.
func TestSettingsAreThoseOfTheHeader(t *testing.T) {
	var documented []string
	for _, m := range regexp.MustCompile(`(?m)^ \*   (\w+) +(switch|time|text|number) `).FindAllStringSubmatch(text(t, "include", "hotso.h"), -1) {
		documented = append(documented, m[1])
	}
	assert.Equal(t, slices.Sorted(maps.Keys(byName)), documented, "in this order")
}
