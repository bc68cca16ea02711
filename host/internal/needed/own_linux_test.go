package needed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/private"
	"github.com/hotso/hotso/host/internal/proc"
)

// A base, what needs it, and a library that needs both and has what the shim would have.
var ownSources = []struct{ name, source string }{
	{"base", `#include <fcntl.h>
static int inits, value;
__attribute__((constructor)) static void init(void) { inits++; }
int base_inits(void) { return inits; }
int base_next(void) { return ++value; }
int base_open(void) { return open("/", O_RDONLY); }
int shared(void) { return 1; }`},
	{"mid", `int base_next(void);
int mid_next(void) { return base_next(); }`},
	{"root", `struct { long words[5]; char names[4096]; } hotso_load_objects __attribute__((section(".data")));
int base_inits(void), base_next(void), base_open(void), mid_next(void);
int hotso_wrap_open(const char *path, int flags) { return 42; }
int next(void) { return 100 * base_next() + mid_next(); }
int opened(void) { return base_open(); }
int inits(void) { return base_inits(); }`},
}

// ownObjects compiles them, with versions of their symbols.
func ownObjects(t *testing.T) (root string, own []Shared) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	for i, x := range ownSources {
		source, script := filepath.Join(dir, x.name+".c"), filepath.Join(dir, x.name+".map")
		require.NoError(t, os.WriteFile(source, []byte(x.source), 0o600))
		require.NoError(t, os.WriteFile(script, []byte("OWN_"+x.name+" { *; };\n"), 0o600))
		soname := "libhotso-own-" + x.name + ".so"
		path := filepath.Join(dir, soname)
		args := []string{"-shared", "-fPIC", "-o", path, "-Wl,-soname," + soname, source}
		if i < 2 {
			args = append(args, "-Wl,--version-script="+script)
		}
		s := Shared{Name: soname, Path: path, System: true}
		for _, o := range own {
			args = append(args, o.Path)
			s.Needed = append(s.Needed, o.Name)
		}
		out, err := exec.Command("gcc", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		if i == 2 {
			return path, own
		}
		own = append(own, s)
	}
	return "", nil
}

func parsed(t *testing.T, path string) (*elfimage.Spec, []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	spec, err := elfimage.Parse(b)
	require.NoError(t, err)
	return spec, b
}

// What the copies ask of glibc: that it takes an object for what is needed by the path that it was opened with, also for
// versions of symbols (elf/dl-version.c); names that lie behind the string table; a segment more; that what is needed
// is bound in the scope of the library that was opened; and that it all goes with that.
func TestTheDynamicLinkerTakesTheCopies(t *testing.T) {
	root, objects := ownObjects(t)
	spec, b := parsed(t, root)
	const mapName = "hotso-own-test"
	var closers []func() error
	for n := range 3 { // all of them are there at the same time
		own, err := MakeOwn(objects, spec.Machine, fmt.Sprintf("%s:%d", mapName, n), []string{"open"}, nil)
		require.NoError(t, err)
		defer own.Close()
		assert.Equal(t, 2, own.Len())
		p := elfimage.NewPatcher(spec)
		require.NoError(t, own.Patch(spec, p))
		c, err := private.InMemory(mapName, b, p.Edits())
		require.NoError(t, err)
		defer c.Close()
		h, err := dl.Open(c.Path())
		require.NoError(t, err)
		closers = append(closers, h.Close)
		of := func(name string) int {
			f, err := h.Sym(name)
			require.NoError(t, err)
			return int(int32(call.Call(f)))
		}
		assert.Equal(t, 102, of("next"), "it has a base of its own, which what it needs has, too")
		assert.Equal(t, 304, of("next"))
		assert.Equal(t, 42, of("opened"), "the library's wrapper is called")
		assert.Zero(t, of("inits"), "the shim is to run what the dynamic linker would")
		for _, s := range objects {
			assert.Zero(t, dl.Loaded(s.Name), "others would be given the copy of %s", s.Name)
		}
	}
	for _, close := range closers {
		require.NoError(t, close())
	}
	assert.Empty(t, must(proc.Maps(mapName))(t), "a copy stays")
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// Which objects a library has copies of, and why not.
func TestOwnable(t *testing.T) {
	root, objects := ownObjects(t)
	spec, _ := parsed(t, root)
	older, _ := parsed(t, objects[0].Path)
	threads, none := facts{Imports: []string{"pthread_create"}}, facts{}
	of := func(base, mid facts) []Shared {
		all := []Shared{objects[0], objects[1]}
		all[0].facts, all[1].facts = base, mid
		return all
	}
	independent := func(base, mid facts) []Shared {
		all := of(base, mid)
		all[1].Needed = nil
		return all
	}
	static := facts{StaticTLS: true, Imports: []string{"pthread_create"}}
	in := func(name string) map[string]string { return map[string]string{name: "/x/" + name} }
	verified := &Set{[]*library{{name: objects[1].Name}, {name: objects[0].Name, copy: &private.Copy{}}}}
	for name, test := range map[string]struct {
		spec     *elfimage.Spec
		all      []Shared
		in       map[string]string
		verified *Set
		want     int
		why      string
	}{
		"nothing needed":         {spec, nil, nil, nil, 0, ""},
		"nothing lasts":          {spec, of(none, none), nil, nil, 0, ""},
		"threads":                {spec, of(none, threads), nil, nil, 1, ""},
		"statics":                {spec, of(none, facts{Unique: []string{"x"}}), nil, nil, 1, ""},
		"what needs one, too":    {spec, of(threads, none), nil, nil, 2, ""},
		"an older library":       {older, of(threads, none), nil, nil, 0, "older hotso"},
		"in the process":         {spec, of(threads, none), in("libhotso-own-base.so"), nil, 0, ""},
		"another version there":  {spec, of(threads, none), in("libhotso-own-base.so.1.2"), nil, 0, ""},
		"another object there":   {spec, of(threads, none), in("libhotso-own-base.so1"), nil, 2, ""},
		"one needs it there":     {spec, of(threads, none), in("libhotso-own-mid.so"), nil, 0, "needs libhotso-own-base.so"},
		"not among the system's": {spec, []Shared{{Name: "x", Path: objects[0].Path, facts: threads}}, nil, nil, 0, "not the system's"},
		"verified elsewhere":     {spec, of(threads, none), nil, verified, 0, "not the system's"},
		"another is verified":    {spec, of(none, threads), nil, verified, 1, ""},
		"initial-exec variables": {spec, independent(static, none), in("libhotso-own-mid.so"), nil, 1, ""},
		"and threads there":      {spec, independent(static, threads), in("libhotso-own-mid.so"), nil, 0, "has threads"},
		"and threads of its own": {spec, independent(static, threads), nil, nil, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			own, why := Ownable(test.spec, test.all, test.in, test.verified)
			assert.Len(t, own, test.want)
			if test.why == "" {
				assert.Empty(t, why)
			} else {
				assert.Contains(t, why, test.why)
			}
		})
	}
}

// What is updated while the process has it is still there.
func TestMappedFilesThatWereRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libhotso-removed.so.1")
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	f := must(os.Open(path))(t)
	defer f.Close()
	m := must(unix.Mmap(int(f.Fd()), 0, 1, unix.PROT_READ, unix.MAP_PRIVATE))(t)
	defer unix.Munmap(m)
	require.NoError(t, os.Remove(path))
	assert.Contains(t, InProcess(), "libhotso-removed.so.1")
}

// An object with initial-exec variables says so, also one of the system's.
func TestFactsOfInitialExecVariables(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip(err)
	}
	for model, is := range map[string]bool{"initial-exec": true, "global-dynamic": false} {
		path := filepath.Join(t.TempDir(), "libmodel.so")
		cmd := exec.Command("gcc", "-shared", "-fPIC", "-ftls-model="+model, "-o", path, "-x", "c", "-")
		cmd.Stdin = strings.NewReader("static __thread int x; int next(void) { return ++x; }")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		spec, _ := parsed(t, path)
		assert.Equal(t, is, systemFacts(path).StaticTLS, model)
		beside := Shared{Path: path}
		require.NotNil(t, beside.read(spec.Machine))
		assert.Equal(t, is, beside.StaticTLS, model)
	}
}

// A damaged object is an error, and no copy is left.
func TestDamagedObjectsAreNotOwned(t *testing.T) {
	_, objects := ownObjects(t)
	spec, b := parsed(t, objects[1].Path)
	for n := 64; n < len(b); n += 509 {
		bad := append([]byte(nil), b...)
		for i := range min(16, len(b)-n) {
			bad[n+i] ^= 0xff
		}
		require.NoError(t, os.WriteFile(objects[1].Path, bad, 0o600))
		if own, err := MakeOwn(objects, spec.Machine, "hotso-own-damaged", []string{"open"}, nil); err == nil {
			own.Close() // the damage is in what nobody looks at here
		}
	}
	require.NoError(t, os.WriteFile(objects[1].Path, nil, 0o600))
	_, err := MakeOwn(objects, spec.Machine, "hotso-own-damaged", nil, nil)
	require.ErrorIs(t, err, elfimage.ErrNotELF)
	assert.Empty(t, must(proc.Maps("hotso-own-damaged"))(t))
}
