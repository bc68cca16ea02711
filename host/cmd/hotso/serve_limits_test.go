package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{"16MiB": 16 << 20, "64KiB": 64 << 10, "1GiB": 1 << 30, "1000": 1000} {
		var s byteSize
		require.NoError(t, s.Set(text))
		assert.EqualValues(t, want, s)
		assert.Equal(t, text, s.String())
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "16MB", "9999999999GiB", "16 MiB"} {
		var s byteSize
		require.Error(t, s.Set(text), text)
	}
}

// Limits that would let nothing in are refused.
func TestLimitsAreChecked(t *testing.T) {
	for _, flag := range []string{"--max-body=0", "--max-memory=0", "--max-calls=0", "--max-connections=-1", "--max-body=x"} {
		assert.Equal(t, exitUsage, run([]string{"serve", t.TempDir(), flag}), flag)
	}
}
