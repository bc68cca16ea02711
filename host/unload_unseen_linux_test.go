package host_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
)

// unseenThread has a new library start a thread that the shim is not told of. end has the
// thread end.
func unseenThread(t *testing.T, kind string) (lib *host.Library, end func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "end")
	lib = openLib(t, "unseen")
	callLib(t, lib, "Start", kind, file)
	return lib, func() { require.NoError(t, os.WriteFile(file, nil, 0o600)) }
}

// requireInTheWay requires that lib can't be unloaded for one thread.
func requireInTheWay(t *testing.T, lib *host.Library) {
	t.Helper()
	r, err := lib.Close(t.Context())
	require.ErrorIs(t, err, host.ErrBusy)
	require.Equal(t, host.Quarantined, r.State)
	require.Len(t, r.Blockers, 1, "%v", r.Reason)
	assert.Contains(t, r.Reason, r.Blockers[0].String())
	threads := r.Resource(host.Threads)
	assert.Equal(t, 1, threads.Left)
	assert.Equal(t, threads.Found-1, threads.Freed, "its own are ended")
	assert.Zero(t, r.Resource(host.Mappings).Found, "nothing is taken away")
}

// Nothing is unmapped under a thread that nobody has told of.
func TestUnseenThread(t *testing.T) {
	for _, kind := range []string{"sleeping", "running", "blocking signals", "small stack"} {
		t.Run(kind, func(t *testing.T) {
			before := takeFootprint(t)
			lib, end := unseenThread(t, kind)
			requireInTheWay(t, lib)
			end()
			eventually(t, func() bool { return lib.State() == host.Unloaded }, "it is let go")
			requireFootprint(t, before)
		})
	}
}

// A library that has crashed is not unmapped under such a thread either.
func TestUnseenThreadAfterACrash(t *testing.T) {
	before := takeFootprint(t)
	lib, end := unseenThread(t, "sleeping")
	require.ErrorIs(t, drill(t, lib, "throw"), host.ErrCrashed)
	requireInTheWay(t, lib)
	end()
	eventually(t, func() bool { return lib.State() == host.Unloaded }, "it is let go")
	requireFootprint(t, before)
}

// A thread that the library has started in somebody else's code is no reason to stay.
func TestUnseenThreadElsewhere(t *testing.T) {
	needUnload(t)
	// In a process of its own: glibc gives a thread the stack of one that has ended, and whatever that has left
	// there is a reason to stay.
	child(t, "elsewhere")
}

func unloadUnderAThreadElsewhere(t *testing.T) {
	before := takeFootprint(t)
	lib, _ := unseenThread(t, "elsewhere")
	requireNothingLeft(t)(lib.Close(t.Context()))
	requireFootprint(t, before)
}

// The threads of other libraries are not disturbed: C code may not expect that a wait of its is
// interrupted.
func TestUnloadInterruptsNobodyElse(t *testing.T) {
	lib := openLib(t, "unseen")
	require.Zero(t, callLib(t, lib, "Count"))
	for range 5 {
		other := openLib(t, "native")
		requireNothingLeft(t)(other.Close(t.Context()))
	}
	host.ExpectThreads(t, 1) // however many they are
	other := openLib(t, "native")
	requireNothingLeft(t)(other.Close(t.Context()))
	assert.Zero(t, callLib(t, lib, "Interrupted"))
	requireNothingLeft(t)(lib.Close(t.Context()))
}

// Without the look at the stacks the process ends.
func TestUnseenThreadIsNeeded(t *testing.T) {
	needUnload(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestUnseenThreadWithoutALook$", "-test.v")
	cmd.Env = append(cmd.Environ(), "HOTSO_TEST_STEP=stacks", "TMPDIR="+t.TempDir())
	cmd.Dir = packageDir
	out, err := cmd.CombinedOutput()
	assert.ErrorContains(t, err, "segmentation fault", "%s", out)
	assert.NotContains(t, string(out), "lives on")
}

// TestUnseenThreadWithoutALook is the other process.
func TestUnseenThreadWithoutALook(t *testing.T) {
	if os.Getenv("HOTSO_TEST_STEP") != "stacks" {
		t.Skip("TestUnseenThreadIsNeeded runs it")
	}
	host.Omit("stacks")
	lib, _ := unseenThread(t, "sleeping")
	r, err := lib.Close(t.Context())
	require.NoError(t, err)
	require.Equal(t, host.Unloaded, r.State)
	time.Sleep(100 * time.Millisecond) // the thread wakes after one
	t.Log("lives on")
}
