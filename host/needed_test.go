package host_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// compileShared compiles a shared object. What runs of it, runs in its constructor first:
// that makes the file ran.
func compileShared(t testing.TB, path string, answer int, flags ...string) (ran string) {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip(err)
	}
	ran = filepath.Join(t.TempDir(), "ran")
	source := filepath.Join(t.TempDir(), "shared.c")
	text := fmt.Sprintf(`#include <fcntl.h>
		#include <unistd.h>
		int helper(void) { return %d; }
		__attribute__((constructor)) static void run(void) { close(open("%s", O_CREAT | O_WRONLY, 0600)); }`, answer, ran)
	require.NoError(t, os.WriteFile(source, []byte(text), 0o644))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.RemoveAll(path)) // a new file: the old one may be mapped
	out, err := exec.Command("cc", append([]string{"-shared", "-fPIC", "-Wl,--no-as-needed", "-o", path, source}, flags...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return ran
}

// needy builds a library into dir that needs dir/lib/libhelper.so and libanl.so.1 of the
// system, which nothing else needs, and signs it with the digests of those files.
func needy(t testing.TB, key keyPair, dir string, files ...string) string {
	t.Helper()
	path := filepath.Join(dir, "libneedy.v1.so")
	needyAt(t, key, path, "needy", "1", files...)
	return path
}

func needyAt(t testing.TB, key keyPair, path, name, version string, files ...string) {
	t.Helper()
	needUnload(t)
	cache := must(os.UserCacheDir())(t)
	stub := filepath.Join(cache, "hotso-test", "needy-link", "libhelper.so") // always the same, for the cache
	if _, err := os.Stat(stub); err != nil {
		compileShared(t, stub+".tmp", 0, soName)
		require.NoError(t, os.Rename(stub+".tmp", stub))
	}
	link := fmt.Sprintf("-extldflags '-L%s -Wl,--no-as-needed -lhelper -l:libanl.so.1 -Wl,-rpath,$ORIGIN/lib'", filepath.Dir(stub))
	require.NoError(t, os.Rename(libtest.Build(t, "needy", version, libtest.LDFlags(link), libtest.Named(name)), path))
	record(t, key, path, files...)
}

// record seals and signs a library anew, with the digests of files.
func record(t testing.TB, key keyPair, path string, files ...string) {
	t.Helper()
	libtest.Reseal(t, path, func(image []byte, m *manifest.Manifest) []byte {
		m.Libraries = nil
		for _, file := range files {
			sum := sha256.Sum256(must(os.ReadFile(file))(t))
			m.Libraries = append(m.Libraries, manifest.Library{Name: filepath.Base(file), SHA256: hex.EncodeToString(sum[:])})
		}
		return image
	})
	key.sign(t, path)
}

const soName = "-Wl,-soname,libhelper.so"

func helperIn(dir string) string { return filepath.Join(dir, "lib", "libhelper.so") }

// requireNoCopies wants nothing to be left of what libraries needed.
func requireNoCopies(t testing.TB) {
	t.Helper()
	require.Empty(t, must(proc.Maps("hotso:lib"))(t))
	for _, link := range must(proc.Descriptors())(t) {
		require.NotContains(t, link, "hotso:lib")
	}
}

// requireNeededRefused wants a library to be refused before any of what it needs has run.
func requireNeededRefused(t testing.TB, path, ran, says string, opts ...host.Option) {
	t.Helper()
	_, err := host.Open(t.Context(), path, opts...)
	require.ErrorIs(t, err, host.ErrNeeded)
	require.ErrorIs(t, err, host.ErrRefused)
	assert.ErrorContains(t, err, says)
	assert.NoFileExists(t, ran)
	_, err = host.Inspect(path, opts...)
	require.ErrorIs(t, err, host.ErrNeeded)
	requireNoCopies(t)
}

// answers wants a library to load, to answer, and to leave nothing.
func answers(t testing.TB, path string, want int32, opts ...host.Option) {
	t.Helper()
	lib := must(host.Open(t.Context(), path, opts...))(t)
	answer := must(host.Func0[int32](lib, "Answer"))(t)
	assert.Equal(t, want, must(answer(ctx))(t))
	report, err := lib.Close(ctx)
	requireNothingLeft(t)(report, err)
	assert.Contains(t, report.NotCounted, "libhelper.so: descriptors")
	requireNoCopies(t)
}

// What a signed library needs is what it was when that was built, or nothing of it runs.
func TestNeededIsVerified(t *testing.T) {
	key, dir := newKey(t), t.TempDir()
	trust := host.TrustKeys(key.public)
	compileShared(t, helperIn(dir), 42, soName)
	path := needy(t, key, dir, helperIn(dir))
	answers(t, path, 42, trust)
	ran := compileShared(t, helperIn(dir), 666, soName)
	requireNeededRefused(t, path, ran, "libhelper.so is not what it was when the library was built", trust)
	require.NoError(t, os.Remove(helperIn(dir)))
	requireNeededRefused(t, path, ran, "libhelper.so, which libneedy.v1.so needs, is not found", trust)
}

// Whoever replaces the file behind the check replaces nothing that is loaded.
func TestNeededIsReadOnce(t *testing.T) {
	key, dir := newKey(t), t.TempDir()
	compileShared(t, helperIn(dir), 42, soName)
	path := needy(t, key, dir, helperIn(dir))
	slot := newSlot(t, "needy", nil, host.TrustKeys(key.public))
	var ran string
	host.OnAdmit(slot, func() { ran = compileShared(t, helperIn(dir), 666, soName) })
	must(slot.Swap(t.Context(), path))(t)
	answer := must(host.Func0[int32](slot, "Answer"))(t)
	assert.EqualValues(t, 42, must(answer(ctx))(t))
	assert.NotEmpty(t, ran)
	assert.NoFileExists(t, ran)
	requireNothingLeft(t)(slot.Close(ctx))
	requireNoCopies(t)
}

// What has no digest must be the system's, however it is found and whoever needs it.
func TestNeededWithoutDigest(t *testing.T) {
	key := newKey(t)
	for name, make := range map[string]func(t *testing.T, dir string) (path, ran string){
		"by run path": func(t *testing.T, dir string) (string, string) {
			return needy(t, key, dir), compileShared(t, helperIn(dir), 666, soName)
		},
		"by LD_LIBRARY_PATH": func(t *testing.T, dir string) (string, string) {
			t.Setenv("LD_LIBRARY_PATH", "/nowhere:"+filepath.Join(dir, "env"))
			return needy(t, key, dir), compileShared(t, filepath.Join(dir, "env", "libhelper.so"), 666, soName)
		},
		"in place of one of the system's": func(t *testing.T, dir string) (string, string) {
			compileShared(t, helperIn(dir), 42, soName)
			return needy(t, key, dir, helperIn(dir)),
				compileShared(t, filepath.Join(dir, "lib", "libanl.so.1"), 666, "-Wl,-soname,libanl.so.1")
		},
		"by what it needs": func(t *testing.T, dir string) (string, string) {
			second := filepath.Join(dir, "second", "libsecond.so")
			ran := compileShared(t, second, 1, "-Wl,-soname,libsecond.so")
			compileShared(t, helperIn(dir), 42, soName, "-L"+filepath.Dir(second), "-lsecond", "-Wl,-rpath,$ORIGIN/../second")
			return needy(t, key, dir, helperIn(dir)), ran
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, ran := make(t, t.TempDir())
			requireNeededRefused(t, path, ran, "has no digest in the manifest", host.TrustKeys(key.public))
		})
	}
}

// What is needed by what is needed is loaded first, from its copy, by its own run path.
func TestNeededByNeeded(t *testing.T) {
	key, dir := newKey(t), t.TempDir()
	trust := host.TrustKeys(key.public)
	second := filepath.Join(dir, "second", "libsecond.so")
	compileShared(t, second, 1, "-Wl,-soname,libsecond.so")
	compileShared(t, helperIn(dir), 42, soName, "-L"+filepath.Dir(second), "-lsecond", "-Wl,-rpath,$ORIGIN/../second")
	path := needy(t, key, dir, helperIn(dir), second)
	answers(t, path, 42, trust)
	ran := compileShared(t, second, 666, "-Wl,-soname,libsecond.so")
	requireNeededRefused(t, path, ran, "libsecond.so is not what it was", trust)

	// What needs itself would be searched while it is loaded.
	compileShared(t, second, 1, "-Wl,-soname,libsecond.so", "-L"+filepath.Dir(helperIn(dir)), "-lhelper", "-Wl,-rpath,$ORIGIN/../lib")
	record(t, key, path, helperIn(dir), second)
	requireNeededRefused(t, path, ran, "libhelper.so needs libsecond.so needs libhelper.so", trust)
}

// Two versions share what they need, if it is the same: the dynamic linker gives the second
// one what the first has brought.
func TestVersionsShareWhatTheyNeed(t *testing.T) {
	key, dir := newKey(t), t.TempDir()
	compileShared(t, helperIn(dir), 42, soName)
	one := needy(t, key, dir, helperIn(dir))
	two, three := filepath.Join(dir, "libneedy.v2.so"), filepath.Join(dir, "libneedy.v3.so")
	require.NoError(t, os.WriteFile(two, stamped(t, one)("2"), 0o755))
	key.sign(t, two)
	slot := newSlot(t, "needy", []string{one, two}, host.TrustKeys(key.public))
	answer := must(host.Func0[int32](slot, "Answer"))(t)
	assert.EqualValues(t, 42, must(answer(ctx))(t))

	ran := compileShared(t, helperIn(dir), 43, soName)
	require.NoError(t, os.WriteFile(three, stamped(t, one)("3"), 0o755))
	record(t, key, three, helperIn(dir))
	_, err := slot.Swap(t.Context(), three)
	require.ErrorIs(t, err, host.ErrNeeded)
	assert.ErrorContains(t, err, "the process has another libhelper.so already")
	assert.NoFileExists(t, ran)
	assert.EqualValues(t, 42, must(answer(ctx))(t))
	assert.Equal(t, "2", slot.Current().Version())

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "lib")))
	must(slot.Rollback(t.Context()))(t) // from what the slot keeps
	assert.EqualValues(t, 42, must(answer(ctx))(t))
	assert.Equal(t, "1", slot.Current().Version())
	requireNothingLeft(t)(slot.Close(ctx))
	requireNoCopies(t)
}

// A version that crashed comes back with what it needs, whatever became of the files.
func TestNeededOutlivesACrash(t *testing.T) {
	key, dir := newKey(t), t.TempDir()
	compileShared(t, helperIn(dir), 42, soName)
	slot := newSlot(t, "needy", []string{needy(t, key, dir, helperIn(dir))}, host.TrustKeys(key.public))
	require.NoError(t, os.RemoveAll(dir))
	host.KillForTest(slot.Current())
	answer := must(host.Func0[int32](slot, "Answer"))(t)
	require.Eventually(t, func() bool {
		a, err := answer(ctx)
		return err == nil && a == 42
	}, time.Minute, time.Millisecond)
	requireNothingLeft(t)(slot.Close(ctx))
	requireNoCopies(t)
}

// The dynamic linker must know what was verified by the name that is asked for.
func TestNeededMustHaveItsName(t *testing.T) {
	key, dir := newKey(t), t.TempDir()
	ran := compileShared(t, helperIn(dir), 42)
	path := needy(t, key, dir, helperIn(dir))
	requireNeededRefused(t, path, ran, "-Wl,-soname=libhelper.so", host.TrustKeys(key.public))
}
