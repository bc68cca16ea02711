//go:build cgo

package cabilog_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/cabi/cabilog"
)

// How records arrive is tested with a host, in package host.
func TestNoHost(t *testing.T) {
	assert.False(t, cabilog.New().Enabled(context.Background(), slog.LevelError))
	require.ErrorIs(t, cabilog.Handler().Handle(context.Background(), slog.Record{}), cabi.ErrNoHost)
}
