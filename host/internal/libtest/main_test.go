package libtest

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// left returns what leak has left in the process; it looks only once.
func left(t *testing.T, c *config, leak func()) []string {
	t.Helper()
	before, err := begin()
	require.NoError(t, err)
	leak()
	return c.left(before, map[string]bool{})
}

func TestAnOpenFileIsALeak(t *testing.T) {
	var f *os.File
	texts := left(t, &config{resident: true}, func() {
		var err error
		f, err = os.Open("/dev/zero")
		require.NoError(t, err)
	})
	defer f.Close()
	require.Len(t, texts, 1)
	assert.Contains(t, texts[0], "-> /dev/zero")
	assert.Empty(t, left(t, &config{resident: true, allowed: []string{"/dev/zero"}}, func() {}))
}

func TestAMappingIsALeak(t *testing.T) {
	f, err := os.Open("/proc/self/exe")
	require.NoError(t, err)
	defer f.Close()
	page := func(fd, prot, flags int) func() {
		return func() {
			data, err := syscall.Mmap(fd, 0, os.Getpagesize(), prot, flags)
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, syscall.Munmap(data)) })
		}
	}
	file, err := os.CreateTemp(t.TempDir(), "a file")
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, file.Truncate(int64(os.Getpagesize())))

	mapFile := page(int(file.Fd()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	before, err := begin()
	require.NoError(t, err)
	mapFile()
	now, err := takeSnapshot()
	require.NoError(t, err)
	require.Len(t, now.newMappings(before), 1)
	assert.Contains(t, now.newMappings(before)[0], file.Name())
	assert.Empty(t, now.newMappings(now))

	page(-1, syscall.PROT_READ|syscall.PROT_EXEC, syscall.MAP_PRIVATE|syscall.MAP_ANON)()
	code, err := takeSnapshot()
	require.NoError(t, err)
	require.Len(t, code.newMappings(now), 1)
	assert.Contains(t, code.newMappings(now)[0], "r-xp")
}

func TestTheHostsThreadsAreNoLeak(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for range 20 { // each keeps a thread of the host
		ready := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(ready)
			<-stop
		}()
		<-ready
	}
	before, err := begin()
	require.NoError(t, err)
	assert.Empty(t, (&config{grace: grace}).wait(before))
}

func TestACheckThatFails(t *testing.T) {
	fails := errors.New("three calls are still inside")
	c := &config{}
	Check(func() error { return fails })(c)
	assert.Contains(t, left(t, c, func() {}), fails.Error())
}

func TestPlace(t *testing.T) {
	mappings, err := parseMappings(strings.Join([]string{
		"1000-2000 r-xp 00000000 fe:00 10 /bin/host.test",
		"3000-4000 r-xp 00000000 fe:00 11 /lib/libc.so.6",
		"5000-6000 r-xp 00000000 00:01 12 /memfd:lib x.so (deleted)",
		"7000-8000 rw-p 00000000 00:00 0 ",
		"9000-a000 rw-p 00000000 00:00 0 [anon: Go: heap]",
	}, "\n"))
	require.NoError(t, err)
	now := &snapshot{mappings: mappings, executable: "/bin/host.test"}
	before := (&snapshot{mappings: mappings[:2]}).objects()
	for _, test := range []struct {
		state string
		stack string // bytes at the stack pointer
		own   bool
		place string
	}{
		{"202 0x1 0x80 0x0 0x0 0x0 0x0 0x7100 0x1234\n", "", true, ""},
		{"-1 0x7100 0x1234\n", "", true, ""},
		{"202 0x1 0x80 0x0 0x0 0x0 0x0 0x7100 0x5234\n", "", false, "stands in 00:01 12 /memfd:lib x.so (deleted), 0x234 bytes behind 0x5000"},
		{"202 0x1 0x80 0x0 0x0 0x0 0x0 0x7100 0x3234\n", "\x00\x70\x00\x00\x00\x00\x00\x00\x10\x10\x00\x00\x00\x00\x00\x00", true, ""},
		{
			"202 0x1 0x80 0x0 0x0 0x0 0x0 0x7100 0x3234\n", "\x10\x32\x00\x00\x00\x00\x00\x00\x10\x50\x00\x00\x00\x00\x00\x00\x10\x10\x00\x00\x00\x00\x00\x00",
			false, "waits in /lib/libc.so.6 and stands in 00:01 12 /memfd:lib x.so (deleted), 0x10 bytes behind 0x5000",
		},
		{"202 0x1 0x80 0x0 0x0 0x0 0x0 0x7100 0x3234\n", "", false, "stands in fe:00 11 /lib/libc.so.6"},
		{"202 0x1 0x80 0x0 0x0 0x0 0x0 0x7100 0x7234\n", "", false, "stands at 0x7234, where no code is"},
		{"running\n", "", false, "is always running"},
		{"1 2 x\n", "", false, "cannot be read"},
	} {
		place, own := now.place(test.state, before, func(sp uint64, b []byte) int {
			assert.EqualValues(t, 0x7100, sp)
			return copy(b, test.stack)
		})
		assert.Equal(t, test.own, own, test.state)
		assert.Contains(t, place, test.place, test.state)
	}
	_, err = parseMappings("text")
	assert.Error(t, err)
	_, err = parseMappings("text r-xp 0 0 0")
	assert.Error(t, err)
}

// TestALibraryIsALeak runs this test binary again, which loads a library and leaves it
// there. It is not done in this process, where dlclose alone could not remove it again.
func TestALibraryIsALeak(t *testing.T) {
	for option, want := range map[string][]string{
		"strict":   {"libslow.v1.so", "mapping ", "thread ", " stands in ", "anon_inode:[eventpoll]"},
		"resident": nil,
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLoadAndLeave$")
		cmd.Env = append(cmd.Environ(), "LIBTEST_LOAD="+Build(t, "slow", "1"), "LIBTEST_OPTION="+option)
		out, err := cmd.CombinedOutput()
		for _, text := range want {
			assert.Contains(t, string(out), text)
		}
		if want == nil {
			assert.NoError(t, err, "%s", out)
			continue
		}
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%s", out)
		assert.Equal(t, 1, exit.ExitCode())
		assert.Contains(t, string(out), "PASS", "the test itself passes")
	}
}

func TestLoadAndLeave(t *testing.T) {
	path := os.Getenv("LIBTEST_LOAD")
	if path == "" {
		t.Skip("TestALibraryIsALeak runs it, in a process of its own")
	}
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	require.NoError(t, err)
	var sleep func(int64) int64
	purego.RegisterLibFunc(&sleep, lib, "Sleep")
	assert.EqualValues(t, 2, sleep(2))
}
