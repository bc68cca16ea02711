package host_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func TestAllowUnsealed(t *testing.T) {
	path := libtest.Greeter(t, "2")
	libtest.Unseal(t, path)
	slot := newSlot(t, "greeter", nil, host.AllowUnsealed())
	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	_, err := slot.Swap(t.Context(), path)
	require.NoError(t, err)
	assert.Equal(t, "Hello, Ada! (v2)", must(greet(t.Context(), "Ada"))(t))
	assert.EqualValues(t, 3, must(add(t.Context(), 1, 2))(t))

	// A function that is not there is found when the new version is bound.
	path = libtest.Build(t, "missing", "3", libtest.Named("greeter"))
	libtest.Unseal(t, path)
	_, err = slot.Swap(t.Context(), path)
	assert.ErrorIs(t, err, host.ErrFunction)
	assert.Equal(t, "2", slot.Current().Version())
}

func TestOpenSaysWhatASwapSays(t *testing.T) {
	_, err := host.Open(t.Context(), filepath.Join(t.TempDir(), "none.so"))
	assert.ErrorIs(t, err, host.ErrNotFound)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = host.Open(t.Context(), libtest.Build(t, "notours", "1"))
	assert.ErrorIs(t, err, host.ErrNotLibrary)
	_, err = host.Inspect(libtest.Build(t, "plainc", "1"))
	assert.ErrorIs(t, err, host.ErrNotLibrary)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	held := holdings(t)
	_, err = host.Open(ctx, libtest.Greeter(t, "1"))
	assert.ErrorIs(t, err, context.Canceled)
	assert.ElementsMatch(t, held, holdings(t))
}
