package needed

import (
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// A Shared is a shared object that a library brings along, as its file is now.
type Shared struct {
	Name   string
	Path   string // empty if it is not found
	System bool   // in one of the system's directories
	By     string // the base name of the file that needs it
	Needed []string
	facts
}

// facts are what the dynamic symbols of an object say.
type facts struct {
	Unique  []string // it defines them as STB_GNU_UNIQUE
	Imports []string // it has them from others

	StaticTLS bool // it has initial-exec variables (DF_STATIC_TLS)
}

// base are the objects of the C library (glibc, shlib-versions). They belong to the
// process, which has most of them from its beginning, and are not surveyed.
var base = []string{"libc.so.", "libm.so.", "libmvec.so.", "libpthread.so.", "libdl.so.", "librt.so.", "libresolv.so.", "libutil.so.",
	"libanl.so.", "ld-linux"}

func isBase(name string) bool {
	for _, b := range base {
		if strings.HasPrefix(name, b) {
			return true
		}
	}
	return false
}

// Survey looks at what o needs, and what that needs in turn, without the C library: what is
// needed first comes first. Nothing is judged and nothing is loaded.
func Survey(o *Object, machine elf.Machine) (all []Shared) {
	pending := map[string]Shared{}
	w := &walk{
		seen:   map[string]bool{},
		system: sync.OnceValue(func() *system { return readSystem(machine) }),
		loaded: func(name string) (bool, error) { return isBase(name), nil },
		missing: func(name string, by *Object) error {
			all = append(all, Shared{Name: name, By: filepath.Base(by.Path)})
			return nil
		},
		add: func(f found) (*Object, error) {
			s := Shared{Name: f.name, Path: f.path, System: f.system, By: filepath.Base(f.by.Path)}
			o := s.read(machine)
			if o != nil {
				s.Needed = o.Needed
			}
			pending[f.name] = s
			return o, nil
		},
		visit: func(name string) { all = append(all, pending[name]) },
	}
	_ = w.all(o) // some need each other: then those that come after are not told
	return all
}

// read returns what the object needs, nil if its file can't be read.
func (s *Shared) read(machine elf.Machine) *Object {
	if s.System {
		o, err := readSystemObject(s.Path)
		if err != nil {
			return nil
		}
		s.facts = systemFacts(s.Path)
		return o
	}
	f, err := openRegular(s.Path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return nil
	}
	var o *Object
	_ = parseMapped(f, info.Size(), machine, func(spec *elfimage.Spec) error {
		o = ObjectOf(s.Path, spec)
		s.facts = facts{spec.Unique(), spec.Imports(), spec.StaticTLS}
		return nil
	})
	return o
}

// Starts reports whether the object may start threads. They run in its own code, which must
// then stay, whoever is unloaded.
func (f facts) Starts() bool { return slices.Contains(f.Makes(), threads) }

const threads = "threads"

// makers are the functions by which an object has things of the process's that outlast a call.
// A library's own are wrapped by its shim; those of an object beside it are not.
var makers = []struct {
	what string
	by   []string
}{
	{threads, []string{"pthread_create", "thrd_create"}},
	{"descriptors", []string{"socket", "socketpair", "accept", "accept4", "open", "open64", "openat", "openat64", "fopen", "fopen64",
		"opendir", "pipe", "pipe2", "dup", "eventfd", "epoll_create", "epoll_create1", "timerfd_create", "inotify_init", "inotify_init1",
		"memfd_create", "mkstemp", "mkstemp64", "mkostemp", "mkostemp64"}},
	{"mappings", []string{"mmap", "mmap64"}},
	{"timers", []string{"timer_create"}},
}

// Makes is what the object may have that hotso does not see: threads, descriptors, mappings, timers.
func (f facts) Makes() (what []string) {
	for _, m := range makers {
		if slices.ContainsFunc(m.by, func(name string) bool { return slices.Contains(f.Imports, name) }) {
			what = append(what, m.what)
		}
	}
	return what
}

// systemFacts reads a file of the system's once, for as long as it does not change: a C++
// library at each load needs the same few, which have thousands of symbols.
func systemFacts(path string) facts {
	type version struct {
		path string
		size int64
		time time.Time
	}
	info, err := os.Stat(path)
	if err != nil {
		return facts{}
	}
	key := version{path, info.Size(), info.ModTime()}
	if f, ok := surveyed.Load(key); ok {
		return f.(facts)
	}
	f, err := elf.Open(path)
	if err != nil {
		return facts{}
	}
	defer f.Close()
	symbols, _ := f.DynamicSymbols() // none, if it has none
	var all facts
	for _, s := range symbols {
		switch {
		case s.Section == elf.SHN_UNDEF:
			all.Imports = append(all.Imports, s.Name)
		case elf.ST_BIND(s.Info) == elf.STB_LOOS: // STB_GNU_UNIQUE
			all.Unique = append(all.Unique, s.Name)
		}
	}
	flags, _ := f.DynValue(elf.DT_FLAGS)
	for _, word := range flags {
		all.StaticTLS = all.StaticTLS || elf.DynFlag(word)&elf.DF_STATIC_TLS != 0
	}
	surveyed.Store(key, all)
	return all
}

var surveyed sync.Map

// Ahead is what was surveyed, to be loaded before a library for which nobody has verified it.
// The dynamic linker would otherwise let these objects have what they share with the
// library, such as the functions of a C++ template, from the library (glibc,
// elf/dl-object.c: the scope of an object is that of the one it is loaded for), and then
// keep the library for them.
func Ahead(all []Shared) *Set {
	s := &Set{}
	for _, x := range all {
		if x.Path != "" {
			s.libraries = append(s.libraries, &library{name: x.Name, path: x.Path, stays: x.Starts()})
		}
	}
	return s
}

// Try is Load that leaves out what can't be loaded, as what has a part of its symbols from
// the library: the dynamic linker has the last word.
func (s *Set) Try() {
	if s == nil {
		return
	}
	for _, l := range s.libraries {
		_ = l.load()
	}
}
