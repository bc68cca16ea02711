package needed

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// A Problem is why what a library needs must not be loaded.
type Problem struct {
	Cause  string
	Advice string
}

func (p *Problem) Error() string { return p.Cause }

// A found is where a name leads.
type found struct {
	name   string
	path   string
	system bool
	by     *Object
}

// A walk goes through all that a library needs, and what that needs, each name once, and
// what is needed first.
type walk struct {
	system func() *system
	// loaded reports whether the process has the name already; what that needs is there, too.
	loaded func(name string) (bool, error)
	// add takes what was found, reads it, and returns what it says.
	add func(f found) (*Object, error)
	// missing is called for what was not found.
	missing func(name string, by *Object) error
	// visit is called behind add, and after all that the object needs was visited.
	visit func(name string)

	seen map[string]bool // false while what it needs is visited
	open []string        // names whose needs are visited, outermost first
}

func (w *walk) all(o *Object) error {
	for _, name := range o.Needed {
		if err := w.need(name, o); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) need(name string, by *Object) error {
	if done, ok := w.seen[name]; done {
		return nil
	} else if ok {
		if by.system { // the system's may need each other
			return nil
		}
		cycle := append(w.open[slices.Index(w.open, name):], name)
		return &Problem{strings.Join(cycle, " needs ") + ": they need each other", "link them into one"}
	}
	if there, err := w.loaded(name); there || err != nil {
		w.seen[name] = true
		return err
	}
	f, ok := w.find(name, by)
	if !ok {
		w.seen[name] = true
		return w.missing(name, by)
	}
	w.seen[name] = false
	o, err := w.add(f)
	if err != nil {
		return err
	}
	if o != nil {
		o.by, o.system = by, f.system
		w.open = append(w.open, name)
		err = w.all(o)
		w.open = w.open[:len(w.open)-1]
	}
	w.seen[name] = true
	if err == nil {
		w.visit(name)
	}
	return err
}

// find searches as ld.so(8) says: DT_RPATH of the object and of those that need it,
// LD_LIBRARY_PATH, DT_RUNPATH, the system's directories. What is the system's to say is
// the system's, also where its own objects search.
func (w *walk) find(name string, by *Object) (found, bool) {
	sys := w.system()
	at := func(path string) (found, bool) {
		real, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil || !isFor(path, sys.machine) {
			return found{}, false
		}
		return found{name, filepath.Join(real, filepath.Base(path)), by.system || sys.dirs[real], by}, true
	}
	if strings.Contains(name, "/") {
		return at(name)
	}
	var dirs []string
	if by.RunPath == "" {
		for o := by; o != nil && o.system == by.system; o = o.by {
			if o.RunPath == "" {
				dirs = append(dirs, o.dirs(o.RPath, ":")...)
			}
		}
	}
	for _, dir := range dirs {
		if f, ok := at(filepath.Join(dir, name)); ok {
			return f, true
		}
	}
	for _, dir := range by.dirs(os.Getenv("LD_LIBRARY_PATH"), ":;") {
		if f, ok := at(filepath.Join(dir, name)); ok {
			f.system = sys.dirs[filepath.Dir(f.path)] // whoever asks
			return f, true
		}
	}
	for _, dir := range by.dirs(by.RunPath, ":") {
		if f, ok := at(filepath.Join(dir, name)); ok {
			return f, true
		}
	}
	if path := sys.find(name); path != "" {
		return found{name, path, true, by}, true
	}
	return found{}, false
}

// Recorded are the digests of what o needs and is not the system's, by name, hexadecimal.
// What it does not find is not among them: it may be the system's elsewhere.
func Recorded(o *Object, machine elf.Machine) (map[string]string, error) {
	digests := map[string]string{}
	w := &walk{
		seen:    map[string]bool{},
		system:  sync.OnceValue(func() *system { return readSystem(machine) }),
		loaded:  func(string) (bool, error) { return false, nil },
		missing: func(string, *Object) error { return nil },
		visit:   func(string) {},
		add: func(f found) (*Object, error) {
			if f.system {
				return nil, nil
			}
			c, o, err := copyOf(f.path, f.name, machine, func(digest string) error {
				digests[f.name] = digest
				return nil
			})
			if err != nil {
				return nil, fmt.Errorf("%s, which %s needs: %w", f.path, filepath.Base(f.by.Path), err)
			}
			return o, c.Close()
		},
	}
	return digests, w.all(o)
}
