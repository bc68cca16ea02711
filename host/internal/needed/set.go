package needed

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/private"
	"github.com/hotso/hotso/host/internal/proc"
)

// A library is a shared object that must be loaded before the one that needs it.
type library struct {
	name   string
	path   string        // of one of the system's
	digest string        // of the copy, hexadecimal
	copy   *private.Copy // nil for one of the system's
	stays  bool          // it may start threads
	own    bool          // the library has a copy of its own, and it is not loaded

	handle dl.Handle // held from Load until Loaded
	loaded *loaded   // the verified copy that the process has of it
}

// A Set is what a library needs, what is needed first. The methods of a nil Set do
// nothing. Its owner closes it, and uses it from one goroutine at a time.
type Set struct{ libraries []*library }

// Find searches what o needs, reads what is not the system's, and compares it with the
// digests that are recorded for the names. The error is a *Problem for what must not be
// loaded. Nothing is loaded, and none of it runs.
func Find(o *Object, machine elf.Machine, recorded func(name string) (digest string, ok bool)) (*Set, error) {
	s := &Set{}
	pending := map[string]*library{}
	mapped := sync.OnceValue(mappedFiles)
	var w *walk
	w = &walk{
		seen:   map[string]bool{},
		system: sync.OnceValue(func() *system { return readSystem(machine) }),
		loaded: func(name string) (bool, error) {
			if _, ok := recorded(name); ok {
				return false, nil // it may go before the library is loaded: there must be a copy
			}
			path, ok := mapped()[name]
			if !ok {
				return false, nil
			}
			l := &library{name: name}
			if w.system().dirs[filepath.Dir(path)] { // it may be loaded again, should it be gone
				l.path = path
			}
			s.libraries = append(s.libraries, l)
			return true, nil
		},
		missing: func(name string, by *Object) error {
			return &Problem{fmt.Sprintf("%s, which %s needs, is not found", name, filepath.Base(by.Path)),
				"install it for the system, with ldconfig, or where hotso build finds it by a run path"}
		},
		add: func(f found) (*Object, error) {
			l := &library{name: f.name}
			pending[f.name] = l
			if f.system {
				l.path, l.stays = f.path, !isBase(f.name) && systemFacts(f.path).Starts()
				return readSystemObject(f.path)
			}
			return l.read(f, machine, recorded)
		},
		visit: func(name string) { s.libraries = append(s.libraries, pending[name]); delete(pending, name) },
	}
	err := w.all(o)
	for _, l := range pending {
		l.close()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// mappedFiles are the files that the process has mapped, by their base names. The dynamic
// linker knows better what it has loaded, but to ask it is to wait for whatever constructor
// holds its lock: nothing here waits for a library.
func mappedFiles() map[string]string {
	files := map[string]string{}
	mappings, _ := proc.Maps("/") // without it, what is loaded is found where the system has it
	for _, m := range mappings {
		if filepath.IsAbs(m.Path) {
			path := strings.TrimSuffix(m.Path, " (deleted)") // as of one that was updated meanwhile
			files[filepath.Base(path)] = path
		}
	}
	return files
}

// read makes the private copy of one that is not the system's.
func (l *library) read(f found, machine elf.Machine, recorded func(string) (string, bool)) (o *Object, err error) {
	want, ok := recorded(f.name)
	if !ok {
		return nil, &Problem{fmt.Sprintf("%s is %s, outside of the system's directories, and has no digest in the manifest", f.name, f.path),
			"build the library with hotso build where it finds this file, link that statically, or install it for the system, with ldconfig"}
	}
	l.copy, o, err = copyOf(f.path, f.name, machine, func(digest string) error {
		if l.digest = digest; digest != want {
			return &Problem{f.path + " is not what it was when the library was built", "get it again, or build the library anew"}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.stays = o.starts
	if o.SoName != f.name {
		return nil, &Problem{fmt.Sprintf("%s is needed as %s, and its DT_SONAME is %q", f.path, f.name, o.SoName),
			"link it with -Wl,-soname=" + filepath.Base(f.name) + ", so that the dynamic linker knows the verified copy by it"}
	}
	return o, nil
}

func (l *library) close() {
	l.letGo()
	l.loaded.release()
	l.loaded = nil
	if l.copy != nil {
		_ = l.copy.Close()
	}
}

// letGo lets the dynamic linker unload it, unless a library needs it.
func (l *library) letGo() {
	if l.handle != 0 {
		_ = l.handle.Close()
		l.handle = 0
	}
}

// Load opens all of the set, so that the dynamic linker need not search for any of it. What
// the process has already must be what was verified. One set at a time is loaded; code of
// the libraries runs.
func (s *Set) Load() error {
	if s == nil {
		return nil
	}
	for _, l := range s.libraries {
		if err := l.load(); err != nil {
			return err
		}
	}
	return nil
}

// Leave has the set not load what the library has copies of for itself.
func (s *Set) Leave(own *Own) {
	if s != nil {
		for _, l := range s.libraries {
			l.own = own.Has(l.name)
		}
	}
}

// hasCopy reports whether what is loaded for that name is a copy that was verified.
func (s *Set) hasCopy(name string) bool {
	return s != nil && slices.ContainsFunc(s.libraries, func(l *library) bool { return l.name == name && l.copy != nil })
}

func (l *library) load() error {
	if l.own {
		return nil
	}
	err := l.open()
	if err == nil && l.stays {
		dl.Keep(l.handle.Name())
	}
	return err
}

func (l *library) open() (err error) {
	if l.handle = dl.Loaded(l.name); l.handle != 0 {
		l.loaded = take(l.handle)
		if l.copy != nil && (l.loaded == nil || l.loaded.digest != l.digest) {
			return &Problem{fmt.Sprintf("the process has another %s already, from %s", l.name, l.handle.Name()),
				"unload what uses it first, or give the new one another DT_SONAME"}
		}
		return nil
	}
	path := l.path
	switch {
	case l.copy != nil:
		path = l.copy.Path()
	case path == "":
		return &Problem{l.name + " was in the process, and is not any more", "load the library again: it is then looked for"}
	}
	if l.handle, err = dl.Open(path); err != nil {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	if l.copy == nil {
		return nil
	}
	l.loaded = note(l.handle, l.digest, l.copy)
	h := dl.Loaded(l.name)
	if h != 0 {
		defer h.Close()
	}
	if h != l.handle {
		return &Problem{fmt.Sprintf("the dynamic linker does not take the verified copy of %s for it", l.name), "link it statically"}
	}
	return nil
}

// Loaded is called when the library is loaded, or failed to: it holds what it needs.
func (s *Set) Loaded() {
	if s != nil {
		for _, l := range s.libraries {
			l.letGo()
		}
	}
}

// Spare is what is needed to load the library again from its private copy, whatever became
// of the files. The caller owns it.
func (s *Set) Spare() *Set {
	if s == nil {
		return nil
	}
	spare := &Set{}
	for _, l := range s.libraries {
		c := &library{name: l.name, path: l.path, digest: l.digest, stays: l.stays}
		if l.copy != nil && l.copy.Retain() {
			c.copy = l.copy
		}
		spare.libraries = append(spare.libraries, c)
	}
	return spare
}

// Close lets go what the set holds. The library is not loaded any more.
func (s *Set) Close() {
	if s == nil {
		return
	}
	for _, l := range s.libraries {
		l.close()
	}
	s.libraries = nil
}
