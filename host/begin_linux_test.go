package host_test

import (
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// begun binds what the library environ tells.
type begun struct {
	getenv              func(name string) string
	atInit, args        string
	procs, limit, pages int64
	procsAtInit         int64
}

func beginning(t *testing.T, from host.Caller) begun {
	getenv := must(host.Func1[string, string](from, "Getenv"))(t)
	text := func(name string) string {
		return must(must(host.Func0[string](from, name))(t)(ctx))(t)
	}
	number := func(name string) int64 {
		return must(must(host.Func0[int64](from, name))(t)(ctx))(t)
	}
	return begun{func(name string) string { return must(getenv(ctx, name))(t) }, text("AtInit"), text("Args"),
		number("Procs"), number("MemoryLimit"), number("PageSize"), number("ProcsAtInit")}
}

// What the host has set by the time of the load, its libraries find, as early as in their
// initialisation.
func TestLibrariesHaveTheHostsEnvironment(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "environ", "1")
	t.Setenv("HOTSO_TEST", "set by the host")
	first := beginning(t, open(t, path))
	assert.Equal(t, "set by the host", first.atInit)
	assert.Equal(t, "set by the host", first.getenv("HOTSO_TEST"))
	assert.Equal(t, os.Getenv("PATH"), first.getenv("PATH"))
	assert.Equal(t, strings.Join(os.Args, "\n"), first.args)
	assert.EqualValues(t, os.Getpagesize(), first.pages)

	require.NoError(t, os.Unsetenv("HOTSO_TEST"))
	second := beginning(t, open(t, path))
	assert.Empty(t, second.atInit)
	assert.Equal(t, "set by the host", first.getenv("HOTSO_TEST"), "each has its own")
	runtime.GC() // what it refers to is the host's
	runtime.GC()
	assert.Equal(t, os.Getenv("PATH"), second.getenv("PATH"))
}

func TestLibrariesHaveTheirOwnEnvironment(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "environ", "1")
	t.Setenv("HOTSO_TEST", "of the host")
	t.Setenv("HOTSO_OTHER", "x")
	t.Setenv("GOMEMLIMIT", "1GiB")
	assert.EqualValues(t, 1<<30, beginning(t, open(t, path)).limit, "as in the host's environment")

	slot := newSlot(t, "environ", []string{path}, host.Environ("HOTSO_TEST=not this"), host.MaxProcs(3), host.MemoryLimit(100<<20),
		host.Environ("HOTSO_TEST=a=b", "HOTSO_OTHER", "HOTSO_EMPTY="))
	b := beginning(t, slot)
	assert.Equal(t, "a=b", b.atInit)
	assert.Equal(t, "a=b", b.getenv("HOTSO_TEST"))
	assert.Empty(t, b.getenv("HOTSO_OTHER"))
	assert.EqualValues(t, 3, b.procs)
	assert.EqualValues(t, 100<<20, b.limit)
	assert.Equal(t, "of the host", os.Getenv("HOTSO_TEST"), "the host keeps its own")

	host.KillForTest(slot.Current()) // also when it comes back from a crash
	getenv := must(host.Func1[string, string](slot, "Getenv"))(t)
	require.Eventually(t, func() bool {
		v, err := getenv(ctx, "HOTSO_TEST")
		return err == nil && v == "a=b"
	}, time.Minute, time.Millisecond)

	b = beginning(t, open(t, path, host.Environ("GOMEMLIMIT")))
	assert.EqualValues(t, math.MaxInt64, b.limit)
}

// A runtime begins with one processor, which nobody can tell: init functions find all that it is to have.
func TestInitFunctionsFindAllProcessors(t *testing.T) {
	needUnload(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	path := libtest.Build(t, "environ", "1")
	for environ, procs := range map[string]int64{"GOMAXPROCS": 3, "GOMAXPROCS=5": 5, "GOMAXPROCS=1": 1, "GOMAXPROCS=none": 3, "GOMAXPROCS=0": 3} {
		b := beginning(t, open(t, path, host.Environ(environ)))
		assert.EqualValues(t, procs, b.procsAtInit, environ)
		assert.EqualValues(t, procs, b.procs, environ)
	}
}

// A host that runs what it can't unload says so, where that can't have its own environment.
func TestResidentLibrariesHaveNoEnvironmentOfTheirOwn(t *testing.T) {
	if host.WhyResident() == "" {
		t.Skip("here they have")
	}
	_, err := host.Open(ctx, libtest.Build(t, "environ", "1"), host.MaxProcs(1))
	assert.ErrorIs(t, err, host.ErrUnsupported)
}
