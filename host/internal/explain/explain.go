// Package explain says what a library does that matters for unloading it, and what follows, in
// sentences. It reads files, and nothing of them runs.
package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/native"
	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/life"
)

// What follows for the library.
const (
	Refused = "refused" // it can't be loaded
	Stays   = "stays"   // it is loaded, and never unloaded
	Careful = "careful" // it is unloaded, if what the sentence asks for is so
	Good    = "good"    // it is unloaded
)

// A Finding is one sentence.
type Finding struct {
	Follows string `json:"follows"`
	Text    string `json:"text"`
}

type findings []Finding

func (f *findings) add(follows, format string, args ...any) {
	*f = append(*f, Finding{follows, fmt.Sprintf(format, args...)})
}

// Library explains the library at path, image, which was parsed as spec.
func Library(path string, image []byte, spec *elfimage.Spec) []Finding {
	f := &findings{}
	if !unloadable(image, spec) {
		f.add(Stays, "It was built without the unload shim, or is no hotso library: it stays in the process once it is loaded.")
	}
	explainTLS(f, spec)
	all := needed.Survey(needed.ObjectOf(path, spec), spec.Machine)
	own, why := owned(image, spec, all)
	for _, c := range native.Calls(spec, image) {
		if c.Name == native.CplusplusThread && own["libstdc++.so.6"] {
			continue
		}
		if c.Stays {
			f.add(Stays, "By %s it %s: once loaded, it is not unloaded.", c.Name, c.What)
		} else {
			f.add(Careful, "By %s it %s.", c.Name, c.What)
		}
	}
	explainNeeded(f, spec, all, own, why)
	explainLoad(f, spec)
	if n := len(spec.Unique()); n > 0 {
		f.add(Good, "C++ statics of its (%d) are unique in the process (STB_GNU_UNIQUE): in hotso's copy they are each version's own, but for those that a needed object has as well.", n)
	}
	return *f
}

// unloadable reports whether the descriptor says that the library has the shim.
func unloadable(image []byte, spec *elfimage.Spec) bool {
	sym, ok := spec.Export(abi.SymDescriptor)
	if !ok {
		return false
	}
	at, ok := spec.Offset(sym.Value)
	if !ok || at+abi.DescriptorSize > int64(len(image)) {
		return false
	}
	d, err := abi.DecodeDescriptor(image[at : at+abi.DescriptorSize])
	return err == nil && d.Flags&abi.FlagUnload != 0
}

func explainTLS(f *findings, spec *elfimage.Spec) {
	if err := elfimage.NewPatcher(spec).RedirectTLS(func(uint64) int64 { return 0 }); err != nil {
		f.add(Refused, "It is not loaded: %v.", err)
	}
	// What is there beside the Go runtime's g, of 8 bytes.
	if n := spec.TLS.MemSize; spec.TLS.Dynamic && n > 8 {
		f.add(Good, "It has %d bytes of thread-local variables in each thread that uses them; they go with the library or the thread.", n)
	}
	if spec.HasSymbol(func(name string) bool { return name == "__tls_guard" || strings.HasPrefix(name, "_ZTH") }) {
		f.add(Good, "It has C++ thread_local objects that are made and destroyed at run time: those of the host's threads are destroyed when the thread ends, or after the stop hooks; after a crash not at all.")
	}
}

// owned are the names of what each version has copies of for itself, if the process has none of it; or why there are none,
// if there is something that should be.
func owned(image []byte, spec *elfimage.Spec, all []needed.Shared) (own map[string]bool, why string) {
	if !unloadable(image, spec) {
		return nil, ""
	}
	objects, why := needed.Ownable(spec, all, nil, nil)
	if len(objects) == 0 {
		return nil, why
	}
	copies, err := needed.MakeOwn(objects, spec.Machine, "hotso:explain", native.Wraps(spec, image), func(_, _ uint64) (int64, error) { return 0, nil })
	if err != nil {
		return nil, err.Error()
	}
	defer copies.Close()
	own = map[string]bool{}
	for _, s := range objects {
		own[s.Name] = true
	}
	return own, ""
}

func explainNeeded(f *findings, spec *elfimage.Spec, all []needed.Shared, own map[string]bool, why string) {
	if why != "" {
		f.add(Careful, "It has no copies of its own of what it needs: %s.", why)
	}
	for _, s := range all {
		where := s.Path
		if s.System {
			where = "the system's"
		}
		open := notCounted(&s)
		follows := Good
		if open != "" || s.Starts() {
			follows = Careful
		}
		switch {
		case s.Path == "":
			f.add(Refused, "%s needs %s, which is not found: it is not loaded.", s.By, s.Name)
		case own[s.Name]:
			f.add(Good, "%s needs %s (%s), of which each version has a copy of its own: its threads, descriptors, memory and statics are the library's. If the process has it already, they share that, and what it has stays.",
				s.By, s.Name, where)
		case s.Starts():
			f.add(follows, "%s needs %s (%s), which may start threads that hotso does not see, and stays in the process for them: the unload waits for those that are inside the library.%s",
				s.By, s.Name, where, open)
		case len(s.Unique) > 0:
			f.add(follows, "%s needs %s (%s), which has C++ statics (%d) that are unique in the process (STB_GNU_UNIQUE), and may stay in it for them.%s",
				s.By, s.Name, where, len(s.Unique), open)
		default:
			f.add(follows, "%s needs %s (%s), which is unloaded when nothing that needs it is left.%s", s.By, s.Name, where, open)
		}
	}
	for _, p := range []string{spec.RPath, spec.RunPath} {
		if p != "" {
			f.add(Careful, "What it needs is looked for in %s first (run path): who can write there can have code run in the process, unless keys are trusted.", p)
		}
	}
}

// notCounted is the sentence on what an object may have in the process beside threads.
func notCounted(s *needed.Shared) string {
	what := slices.DeleteFunc(s.Makes(), func(what string) bool { return what == life.Threads })
	if len(what) == 0 {
		return ""
	}
	return " Close what it has open before the library goes: its " + strings.Join(what, " and ") + " are neither counted nor given back."
}

// plainInits are the init functions of a library without C++: the shim's, the Go runtime's and
// that of the compiler's crtbegin.o.
const plainInits = 3

func explainLoad(f *findings, spec *elfimage.Spec) {
	if n := spec.Inits() - plainInits; n > 0 {
		f.add(Careful, "Constructors of C or C++ (%d) run while it is loaded, one load at a time: one that does not end holds up all others.", n)
	}
	if n := spec.Indirect(); n > 0 {
		f.add(Good, "Functions of its (%d) are chosen by its own code while it is loaded (IFUNC), before any constructor.", n)
	}
	if spec.TextReloc {
		f.add(Careful, "Its code is changed while it is loaded (text relocations): where memory must not be writable and executable, the load fails.")
	}
	if spec.WriteExec {
		f.add(Careful, "It has memory that is writable and executable.")
	}
	if spec.ExecStack {
		f.add(Careful, "It asks for executable stacks, which the process then has for good.")
	}
}
