package host_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// toolchains are the newest Go release and the newest of the series before. When there
// is a new release, put it here and read what the test says.
var toolchains = []string{"go1.27.4", "go1.26.8"}

// What hotso assumes of a Go release, one by one, with a name for each. A
// release that breaks one is refused at load with a message, or found here.
func TestToolchainAssumptions(t *testing.T) {
	plainOnly(t)
	for _, toolchain := range toolchains {
		t.Run(toolchain, func(t *testing.T) {
			cmd := exec.Command("go", "version")
			cmd.Env = append(cmd.Environ(), "GOTOOLCHAIN="+toolchain)
			if out, err := cmd.CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "%s is skipped: %v: %s\n", t.Name(), err, out)
				t.Skipf("%s can't be had: %s", toolchain, out)
			}
			for name, strip := range map[string]bool{"with symbols": false, "stripped": true} {
				t.Run(name, func(t *testing.T) {
					testToolchain(t, libtest.Build(t, "busy", "1", func(o *libbuild.Options) {
						o.Env = append(o.Env, "GOTOOLCHAIN="+toolchain)
						o.Strip = strip
					}), toolchain)
				})
			}
		})
	}
}

func testToolchain(t *testing.T, path, toolchain string) {
	d, err := host.Inspect(path)
	require.NoError(t, err)
	require.Equal(t, toolchain, d.Manifest.Go)
	elf, err := host.ELF(path)
	require.NoError(t, err)
	for _, f := range []string{"runtime.exit", "runtime.dieFromSignal", "runtime.raiseproc", "runtime.write1"} {
		_, _, ok := elf.GoFunc(f)
		assert.True(t, ok, "assumption: the runtime ends the process through %s", f)
	}
	_, _, ok := elf.GoFunc("runtime.rtsigprocmask")
	assert.True(t, ok, "assumption: the runtime blocks signals through runtime.rtsigprocmask")
	for _, f := range []string{"os/signal.signal_enable", "os/signal.signal_disable", "os/signal.signal_ignore"} {
		_, _, ok := elf.GoFunc(f)
		assert.True(t, ok, "assumption: os/signal reaches the runtime through %s", f)
	}
	_, _, ok = elf.GoFunc("os.sigpipe")
	assert.True(t, ok, "assumption: a broken standard output ends a Go program through os.sigpipe")
	for _, f := range []string{"runtime.defaultGOMAXPROCS", "runtime.defaultGOMAXPROCSInit"} {
		_, _, ok := elf.GoFunc(f)
		assert.True(t, ok, "assumption: the runtime finds its GOMAXPROCS in %s", f)
	}
	_, size, ok := elf.GoFunc("internal/runtime/syscall/linux.Syscall6")
	assert.True(t, ok && size >= 5, "assumption: Go code makes its system calls through Syscall6")
	for _, f := range []string{"os.ensurePidfd", "os.getPidfd"} {
		_, _, ok := elf.GoFunc(f)
		assert.True(t, ok, "assumption: package os gets its pidfds in %s", f)
	}
	assert.Len(t, elf.TLS.InitialExec, 1, "assumption: g is the only initial-exec variable")

	before := takeFootprint(t)
	lib, err := host.Open(t.Context(), path)
	require.NoError(t, err, "assumption: the runtime's threads, keys and handlers go through the wrapped functions")
	loaded := takeFootprint(t)
	groups := 0
	for fd, link := range loaded.files {
		if before.files[fd] != link && strings.HasPrefix(link, "/sys/fs/cgroup/") {
			groups++
		}
	}

	assert.EqualValues(t, 1, callLib(t, lib, "Nil"), "assumption: the runtime repairs a fault in the handler of the dispatch table")
	callLib(t, lib, "Spin", 2)
	callLib(t, lib, "Collect", 1) // stops the spinning goroutines with SIGURG
	work := callLib(t, lib, "Work").(int64)
	eventually(t, func() bool { return callLib(t, lib, "Work").(int64) > work+1000 },
		"assumption: the runtime preempts by SIGURG in the dispatch table")
	pid := int(callLib(t, lib, "Children", 1).(int64))

	r, err := lib.Close(t.Context())
	require.NoError(t, err)
	require.NoError(t, unix.Kill(pid, unix.SIGKILL))
	_, err = unix.Wait4(pid, nil, 0, nil)
	require.NoError(t, err)
	requireGone(t, r, before)
	assert.GreaterOrEqual(t, r.Resource(host.Mappings).Bytes+large, loaded.reserved-before.reserved,
		"assumption: the runtime maps all its memory through mmap of libc")
	assert.Zero(t, groups, "assumption: the runtime opens files under /sys/fs/cgroup in defaultGOMAXPROCSInit only")
	assert.GreaterOrEqual(t, r.Resource(host.Descriptors).Found, 3,
		"assumption: Syscall6 opens the poller, the eventfd in it, and the descriptor for last words")
}
