package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/webtest"
)

// httpd returns files of library httpd.
func httpd(t *testing.T, versions ...string) (paths []string) {
	stamped := stamped(t, libtest.Build(t, "httpd", "0"))
	for _, v := range versions {
		paths = append(paths, writeLibrary(t, v, stamped))
	}
	return paths
}

func addressOf(t *testing.T, slot *host.Slot) string {
	port := must(slot.Call(t.Context(), "Port"))(t).Value.(int64)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// The listener and the connections go from version to version. Nobody is refused or cut off, and whoever
// stays connected does so with all versions.
func TestAnHTTPServerGoesOn(t *testing.T) {
	paths := httpd(t, "1", "2")
	slot := newSlot(t, "httpd", paths[:1], host.AllowDowngrade(), host.Exclusive())
	address := addressOf(t, slot)
	stay := webtest.Clients(t, address, true, "")
	busy := webtest.Clients(t, address, true, "?sleep=3ms")
	come := webtest.Clients(t, address, false, "")
	idle := must(webtest.Dial(address))(t)
	defer idle.Close()
	must2(idle.Post("", "first"))(t)
	swaps := *handovers / 2
	var longest time.Duration
	for i := range swaps {
		swap := must(slot.Swap(t.Context(), paths[(i+1)%2]))(t)
		longest = max(longest, swap.Pause)
		assert.Equal(t, address, addressOf(t, slot))
	}
	version, _, err := idle.Post("", "last")
	require.NoError(t, err)
	assert.Equal(t, slot.Current().Version(), version)
	c1, r1 := stay()
	c2, r2 := busy()
	c3, r3 := come()
	assert.EqualValues(t, 4, c1)
	assert.EqualValues(t, 4, c2)
	t.Logf("%d swaps, longest pause %v; %d and %d requests over %d and %d connections, %d over %d new ones",
		swaps, longest, r1, r2, c1, c2, r3, c3)
}

// If the new version fails, the old one is back, with the same connections. A crash cuts those off, and
// refuses nobody.
func TestAnHTTPServerComesBack(t *testing.T) {
	paths := httpd(t, "1", "2")
	refused := host.Check(func(_ context.Context, lib *host.Library) error {
		if lib.Version() == "2" {
			return errors.New("as told")
		}
		return nil
	})
	slot := newSlot(t, "httpd", paths[:1], host.Exclusive(), refused)
	address := addressOf(t, slot)
	c := must(webtest.Dial(address))(t)
	defer c.Close()
	must2(c.Post("", "first"))(t)
	_, err := slot.Swap(t.Context(), paths[1])
	require.ErrorIs(t, err, host.ErrUnhealthy)
	version, _, err := c.Post("", "second")
	require.NoError(t, err)
	assert.Equal(t, "1", version)

	come := make(chan error)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				close(come)
				return
			default:
			}
			c, err := webtest.Dial(address)
			if err != nil {
				come <- err
				continue
			}
			_ = c.Close()
		}
	}()
	_, err = slot.Call(t.Context(), "Exit")
	require.ErrorIs(t, err, host.ErrCrashed)
	assert.Equal(t, address, addressOf(t, slot), "the listener has survived")
	close(stop)
	for err := range come {
		assert.NoError(t, err)
	}
	again := must(webtest.Dial(address))(t)
	defer again.Close()
	must2(again.Post("", "third"))(t)
}

// Without taking over, both versions live for a moment, and the listener is enough for those that come. The
// others are closed when they are idle, which Go's client does not mind.
func TestAListenerGoesOnBesideTheOldVersion(t *testing.T) {
	paths := httpd(t, "1", "2")
	slot := newSlot(t, "httpd", paths[:1], host.AllowDowngrade())
	address := addressOf(t, slot)
	come := webtest.Clients(t, address, false, "?sleep=1ms")
	for i := range *handovers / 4 {
		must(slot.Swap(t.Context(), paths[(i+1)%2]))(t)
		answer := must(http.Get("http://" + address))(t)
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	_, requests := come()
	assert.Positive(t, requests)
}

// What the host provides is there for every version, and stays the host's.
func TestWhatTheHostProvidesIsInherited(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t).(*net.TCPListener)
	defer l.Close()
	slot := newSlot(t, "httpd", httpd(t, "1", "2"), host.ProvideFile("http", l))
	assert.Equal(t, l.Addr().String(), addressOf(t, slot))
	_, err := slot.Call(t.Context(), "Exit")
	require.ErrorIs(t, err, host.ErrCrashed)
	assert.Equal(t, l.Addr().String(), addressOf(t, slot))

	lib := open(t, httpd(t, "3")[0], host.ProvideFile("http", l))
	assert.Equal(t, int64(l.Addr().(*net.TCPAddr).Port), must(lib.Call(t.Context(), "Port"))(t).Value)
}

// What nobody takes is closed: the next version does not know of it, no version is left, or the slot
// is closed. Nothing is left when versions fail or crash.
func TestNothingThatIsHandedOverIsLeft(t *testing.T) {
	needUnload(t)
	paths := httpd(t, "1", "2")
	other := writeLibrary(t, "3", stampedAs(t, libtest.Greeter(t, "0"), "httpd"))
	slot := host.NewSlot("httpd", host.Exclusive(), host.AllowDowngrade(), host.CrashLimit(100, time.Minute))
	must(slot.Swap(t.Context(), paths[0]))(t)
	must(slot.Swap(t.Context(), paths[1]))(t)
	before := descriptorsOfVersions(t)
	for range 5 {
		c := must(webtest.Dial(addressOf(t, slot)))(t)
		must2(c.Post("", "x"))(t)
		must(slot.Swap(t.Context(), paths[0]))(t)
		_, err := slot.Call(t.Context(), "Exit")
		require.ErrorIs(t, err, host.ErrCrashed)
		must(slot.Call(t.Context(), "Port"))(t)
		require.NoError(t, c.Close())
		address := addressOf(t, slot)
		must(slot.Swap(t.Context(), other))(t)
		require.Eventually(t, func() bool {
			c, err := webtest.Dial(address)
			if err == nil {
				_ = c.Close()
			}
			return err != nil
		}, patience, time.Millisecond, "nobody listens any more")
		must(slot.Swap(t.Context(), paths[1]))(t)
	}
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		now := descriptorsOfVersions(t)
		assert.LessOrEqual(c, len(now), len(before), "%v, before %v", now, before)
	}, patience, 10*time.Millisecond)
	address := addressOf(t, slot)
	requireNothingLeft(t)(slot.Close(context.Background()))
	_, err := webtest.Dial(address)
	assert.Error(t, err)
}

// descriptorsOfVersions are those of the process without the files that hold the code of equal
// versions: there is one for a version that was loaded while an earlier copy of it was kept.
func descriptorsOfVersions(t *testing.T) map[int]string {
	open := must(proc.Descriptors())(t)
	maps.DeleteFunc(open, func(_ int, link string) bool { return strings.HasPrefix(link, "/memfd:hotso:httpd.v") })
	return open
}

// must2 is must for one more result.
func must2[A, B any](a A, b B, err error) func(testing.TB) (A, B) {
	return func(t testing.TB) (A, B) {
		t.Helper()
		require.NoError(t, err)
		return a, b
	}
}
