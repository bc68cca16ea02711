package version_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/version"
)

func TestNext(t *testing.T) {
	for text, want := range map[string]string{
		"2": "2.0.1", "2.1": "2.1.1", "2.1.9": "2.1.10", "2.0.0-rc1": "2.0.1", "2.0.0+a": "2.0.1",
	} {
		v, err := version.Parse(text)
		require.NoError(t, err)
		next, err := version.Next(v)
		require.NoError(t, err)
		assert.Equal(t, want, next.String(), text)
		assert.Positive(t, version.Compare(next, v), text)
	}
	first, err := version.Next(version.Version{})
	require.NoError(t, err)
	assert.Equal(t, "0.0.1", first.String())
	last, err := version.Parse("1.0.4294967296")
	require.NoError(t, err)
	_, err = version.Next(last)
	require.ErrorIs(t, err, version.ErrBadVersion)
}
