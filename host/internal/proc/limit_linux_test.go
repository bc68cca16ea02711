package proc

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThreadLimit(t *testing.T) {
	n := ThreadLimit()
	assert.Greater(t, n, 10, "this process has so many")
	assert.LessOrEqual(t, n, readLimit("/proc/sys/kernel/threads-max"))
}

func TestGroupLimit(t *testing.T) {
	limits := map[string]int{
		"/sys/fs/cgroup/pids/a/pids.max":     300,
		"/sys/fs/cgroup/pids/pids.max":       200,
		"/sys/fs/cgroup/app.slice/pids.max":  100,
		"/sys/fs/cgroup/memory/a/b/pids.max": 1,
	}
	read := func(file string) int {
		if n, ok := limits[file]; ok {
			return n
		}
		return math.MaxInt
	}
	for text, want := range map[string]int{
		"":                                     math.MaxInt,
		"no colons\n":                          math.MaxInt,
		"8:pids:/a\n":                          200,
		"8:pids:/\n":                           200,
		"4:memory:/a/b\n":                      math.MaxInt,
		"0::/app.slice/x.scope\n":              100,
		"8:pids:/a\n0::/app.slice\n":           100,
		"0::/../../etc\n":                      math.MaxInt,
		"8:pids:/a/b/../../../../../etc/x:y\n": 200,
	} {
		assert.Equal(t, want, groupLimit([]byte(text), read), text)
	}
}

func TestReadLimit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pids.max")
	assert.Equal(t, math.MaxInt, readLimit(file))
	for text, want := range map[string]int{"max\n": math.MaxInt, "12\n": 12, "": math.MaxInt, "-1": math.MaxInt, "x": math.MaxInt} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		assert.Equal(t, want, readLimit(file), text)
	}
}
