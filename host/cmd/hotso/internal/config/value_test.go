package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/config"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{"16MiB": 16 << 20, "64KiB": 64 << 10, "1GiB": 1 << 30, "1000": 1000} {
		var s config.Size
		require.NoError(t, s.Set(text))
		assert.EqualValues(t, want, s)
		assert.Equal(t, text, s.String())
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "16MB", "9999999999GiB", "16 MiB"} {
		var s config.Size
		require.Error(t, s.Set(text), text)
	}
}

func TestPercent(t *testing.T) {
	var p config.Percent
	assert.Empty(t, p.String())
	require.NoError(t, p.Set("0"))
	assert.Equal(t, config.Percent{Of: 0, Given: true}, p)
	require.NoError(t, p.Set("2.5"))
	assert.Equal(t, "2.5", p.String())
	require.NoError(t, p.Set("none"))
	assert.Zero(t, p)
	require.Error(t, p.Set("five"))
}
