package host_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// digestPadding makes the digest of an image take longer than everything that is done
// at the same time: the dynamic linker does not read it, so it is not copied.
const digestPadding = 64 << 20

func padded(t *testing.T, lib, version string) string {
	path := libtest.Build(t, lib, version)
	libtest.Reseal(t, path, func(image []byte, _ *manifest.Manifest) []byte {
		return append(image, make([]byte, digestPadding)...)
	})
	return path
}

// damaged changes the last byte of the image, which only the digest shows.
func damaged(t *testing.T, path string) string {
	return edit(t, path, func(b []byte) []byte {
		s := must(manifest.Split(b))(t)
		s.Image[len(s.Image)-1] ^= 1
		return b
	})
}

// What is computed in parallel with the digest may be finished long before it.
func TestNothingRunsBeforeTheDigest(t *testing.T) {
	var mu sync.Mutex
	at := map[string]time.Time{} // the journal's events come later than what they report
	then := func(what string, when time.Time) {
		mu.Lock()
		defer mu.Unlock()
		at[what] = when
	}
	inOrder := func() []string {
		host.Delivered()
		mu.Lock()
		defer mu.Unlock()
		return slices.SortedFunc(maps.Keys(at), func(a, b string) int { return at[a].Compare(at[b]) })
	}
	slot := newSlot(t, "callback", nil,
		host.OnEvent(func(e host.Event) {
			if e.State == host.Verified || e.State == host.Refused {
				then(string(e.State), e.Time)
			}
		}),
		host.Provide1("Early", func(s string) (host.None, error) { then(s, time.Now()); return host.None{}, nil }))
	path := padded(t, "callback", "1")
	held, words, offers := holdings(t), lastWords(t), host.Offers()

	_, err := slot.Swap(t.Context(), damaged(t, path))
	require.ErrorIs(t, err, host.ErrSeal)
	assert.ErrorContains(t, err, "does not match its digest")
	order := inOrder()
	assert.Equal(t, []string{"refused"}, order)
	assert.ElementsMatch(t, held, holdings(t))
	assert.Equal(t, words, lastWords(t))
	assert.Equal(t, offers, host.Offers())

	clear(at)
	_, err = slot.Swap(t.Context(), path)
	require.NoError(t, err)
	order = inOrder()
	assert.Equal(t, []string{"verified", "init", "start"}, order)
}

// lastWords counts the open files that receive last words of runtimes.
func lastWords(t *testing.T) (n int) {
	for _, link := range must(proc.Descriptors())(t) {
		if strings.Contains(link, "hotso-crash:") {
			n++
		}
	}
	return n
}

// A load that fails for its digest gives back what it has acquired.
func TestDamagedImagesUseNothingUp(t *testing.T) {
	good := libtest.Greeter(t, "1")
	bad := damaged(t, good)
	for range 2 * leaveSlots(t, 4) {
		_, err := host.Open(t.Context(), bad)
		require.ErrorIs(t, err, host.ErrSeal)
	}
	open(t, good)
}

// A wrong digest is reported before anything that the digest covers.
func TestDigestComesFirst(t *testing.T) {
	good := libtest.Greeter(t, "1")
	bad := damaged(t, good)
	unable := host.Provide0("hotso.mine", func() (int32, error) { return 0, nil }) // a name that is not the host's
	for name, slot := range map[string]*host.Slot{
		"of another name":     host.NewSlot("shop"),
		"without a signature": host.NewSlot("greeter", host.TrustKeys(newKey(t).public)),
		"can't load it":       host.NewSlot("greeter", unable),
	} {
		var e *host.Error
		_, err := slot.Swap(t.Context(), bad)
		require.ErrorAs(t, err, &e, name)
		assert.ErrorIs(t, err, host.ErrSeal, name)
		assert.Equal(t, host.StepVerify, e.Step, name)
		assert.Equal(t, "greeter", e.Name, name)
		_, err = slot.Swap(t.Context(), good)
		require.Error(t, err, name)
		assert.NotErrorIs(t, err, host.ErrSeal, name)
	}

	// That a load would fail does not count as a verdict on the file.
	journal := &journal{}
	slot := host.NewSlot("greeter", unable, journal.option())
	_, err := slot.Swap(t.Context(), good)
	var e *host.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, host.StepLoad, e.Step)
	assert.ErrorIs(t, err, host.ErrArgument)
	assert.Equal(t, host.Verified, journal.all()[1].State)
}

// What the seal says about a damaged image can't be trusted.
func TestInspectDamagedImage(t *testing.T) {
	bad := damaged(t, libtest.Greeter(t, "1"))
	d, err := host.Inspect(bad)
	require.ErrorIs(t, err, host.ErrSeal)
	assert.Equal(t, "greeter", d.Name)
	assert.Equal(t, "1", d.Version)
	assert.False(t, d.Sealed)
	assert.Zero(t, d.Manifest)
	assert.Nil(t, d.Signature)
	assert.Equal(t, must(os.Stat(bad))(t).Size(), d.Size)
}
