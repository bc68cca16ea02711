package explain

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/libtest"
)

// compile makes a shared object of C.
func compile(t *testing.T, source string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "lib.so")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lib.c"), []byte(source), 0o644))
	out, err := exec.Command("gcc", append([]string{"-shared", "-fPIC", "-o", path, filepath.Join(dir, "lib.c")}, flags...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

func explained(t *testing.T, path string) []Finding {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	spec, err := elfimage.Parse(b)
	require.NoError(t, err)
	return Library(path, b, spec)
}

// Each thing that a library does has its sentence.
func TestSentences(t *testing.T) {
	for name, test := range map[string]struct {
		source string
		flags  []string
		want   Finding // of its text, a part
	}{
		"handler":  {"#include <signal.h>\nvoid f(void) { signal(SIGWINCH, SIG_DFL); }", nil, Finding{Stays, "By signal it sets a handler"}},
		"timer":    {"#include <time.h>\nvoid f(void) { timer_create(0, 0, 0); }", nil, Finding{Stays, "By timer_create it makes a timer"}},
		"exit":     {"#include <stdlib.h>\nvoid f(void) { exit(1); }", nil, Finding{Careful, "By exit it ends the process"}},
		"thread":   {"#include <threads.h>\nvoid f(void) { thrd_create(0, 0, 0); }", nil, Finding{Careful, "By thrd_create it starts threads"}},
		"dlopen":   {"#include <dlfcn.h>\nvoid f(void) { dlopen(0, 0); }", nil, Finding{Careful, "By dlopen it loads shared objects"}},
		"run path": {"", []string{"-Wl,-rpath,/opt/lib"}, Finding{Careful, "/opt/lib"}},
		"opens": {"", []string{"-Wl,--no-as-needed", compile(t, "#include <fcntl.h>\nint f(void) { return open(\"/\", O_RDONLY); }")},
			Finding{Careful, "its descriptors are neither counted nor given back"}},
		"missing":     {"", []string{"-Wl,--no-as-needed", compile(t, "", "-Wl,-soname,libhotso-none.so")}, Finding{Refused, "libhotso-none.so, which is not found"}},
		"tls":         {"__thread int x[100]; int *f(void) { return x; }", nil, Finding{Good, "400 bytes of thread-local variables"}},
		"static tls":  {"static __thread int x; int *f(void) { return &x; }", []string{"-ftls-model=initial-exec"}, Finding{Refused, "thread-local storage can't be redirected"}},
		"constructor": {"int x; __attribute__((constructor)) static void a(void) { x++; }\n__attribute__((constructor)) static void b(void) { x++; }\n__attribute__((constructor)) static void c(void) { x++; }", nil, Finding{Careful, "Constructors of C or C++ (1)"}},
		"ifunc":       {"static int g(void) { return 1; } static void *r(void) { return g; } int f(void) __attribute__((ifunc(\"r\")));", nil, Finding{Good, "IFUNC"}},
		"stack":       {"", []string{"-Wl,-z,execstack"}, Finding{Careful, "executable stacks"}},
		"plain":       {"", nil, Finding{Stays, "built without the unload shim"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := explained(t, compile(t, test.source, test.flags...))
			for _, f := range all {
				if strings.Contains(f.Text, test.want.Text) {
					assert.Equal(t, test.want.Follows, f.Follows)
					return
				}
			}
			t.Errorf("%q is not among %v", test.want.Text, all)
		})
	}
}

// Of what the shim wraps there is nothing to say, whether the library is stripped or not.
func TestPlainGoHasNothingToExplain(t *testing.T) {
	assert.Empty(t, explained(t, libtest.Greeter(t, "1")))
	assert.Empty(t, explained(t, libtest.Greeter(t, "2", libtest.LDFlags("-s -w"))))
}

// What each version has copies of for itself is good, and why it has none is said.
func TestOwnCopiesAreExplained(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip(err)
	}
	openmp := libtest.Build(t, "openmp", "1")
	all := explained(t, openmp)
	if !strings.Contains(fmt.Sprint(all), "libgomp") {
		t.Skip("OpenMP is linked statically here")
	}
	i := slices.IndexFunc(all, func(f Finding) bool { return strings.Contains(f.Text, "libgomp") })
	assert.Equal(t, Good, all[i].Follows)
	assert.Contains(t, all[i].Text, "a copy of its own")

	b, err := os.ReadFile(openmp)
	require.NoError(t, err)
	older := bytes.ReplaceAll(b, []byte("hotso_load_objects"), []byte("hotso_load_objectz"))
	spec, err := elfimage.Parse(older)
	require.NoError(t, err)
	all = Library(openmp, older, spec)
	assert.Contains(t, all, Finding{Careful, "It has no copies of its own of what it needs: the library was built with an older hotso."})
	i = slices.IndexFunc(all, func(f Finding) bool { return strings.Contains(f.Text, "needs libgomp") })
	assert.Equal(t, Careful, all[i].Follows)
}
