//go:build !race

// The race detector makes sync.Pool drop frames.

package gen_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
	echo "github.com/hotso/hotso/testdata/libs/echo/client"
)

// TestTypedCallsDoNotAllocate anything but their result.
func TestTypedCallsDoNotAllocate(t *testing.T) {
	ctx := context.Background() // one that can end costs a goroutine
	c, err := echo.New(open(t, libtest.Build(t, "echo", "1")))
	require.NoError(t, err)
	xs := make([]float64, 1000)
	p, q := echo.Point{X: 1}, echo.Point{Y: 1}
	visit := func(int32) (int64, error) { return 1, nil }
	for what, call := range map[string]struct {
		f      func()
		allocs float64
	}{
		"numbers in":      {func() { _, _ = c.Sum(ctx, xs) }, 0},
		"numbers out":     {func() { _, _ = c.Float64s(ctx, xs[:10]) }, 1},
		"structs":         {func() { _, _ = c.Middle(ctx, p, q) }, 0},
		"a large one":     {func() { _, _ = c.Struct(ctx, echo.Scalars{}) }, 0},
		"a function":      {func() { _, _ = c.Each(ctx, 1, visit) }, 9},
		"eight arguments": {func() { _, _ = c.Many(ctx, 1, 2, 3, "", 4, true, 5, nil) }, 1},
	} {
		assert.LessOrEqual(t, testing.AllocsPerRun(100, call.f), call.allocs, what)
	}
}
