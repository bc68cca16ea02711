// Package native knows which functions of C outlive the code that calls them: what a library in
// C or C++ does by them can't be undone by unloading it.
package native

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/elfimage"
)

// A Call is a function that a library has from outside, and that its shim does not wrap.
type Call struct {
	Name string
	What string // it does, as in "by signal it ..."
	// Stays: the process keeps an address of the library's, and goes there at any time.
	Stays bool
}

// calls are those that matter, by name. Each has its manual page, in section 2 or 3.
var calls = map[string]Call{}

func init() {
	for _, c := range []struct {
		names string
		what  string
		stays bool
	}{
		{"signal bsd_signal sysv_signal __sysv_signal ssignal sigset sigvec", "sets a handler for a signal of the process", true},
		{"sigaltstack", "gives a thread a stack for its signal handlers", false},
		{"timer_create", "makes a timer, which may start a thread in it", true},
		{"mq_notify getaddrinfo_a aio_read aio_read64 aio_write aio_write64 aio_fsync aio_fsync64 lio_listio lio_listio64",
			"asks to be told when something has happened, for which libc may start a thread in it", true},
		{"on_exit __cxa_at_quick_exit", "has a function called when the process exits", true},
		{"exit _exit _Exit quick_exit", "ends the process, and the host with it", false},
		{"thrd_create", "starts threads that hotso does not see: the unload waits for those that are inside it", false},
		{"clone clone3", "starts processes or threads that hotso does not see: the unload waits for those that are inside it", false},
		{"pthread_exit pthread_cancel", "ends threads in the middle of what they do", false},
		{"dlopen dlmopen", "loads shared objects while it runs: they are not verified, and stay if it does not close them", false},
		{"putenv", "makes a text of its own part of the process's environment, which must not be read when it is unloaded", false},
		{"openlog", "gives the process a name for syslog(3), which must not log when it is unloaded", false},
		{"fork vfork daemon", "starts processes that run in a copy of it", false},
	} {
		for name := range strings.FieldsSeq(c.names) {
			calls[name] = Call{name, c.what, c.stays}
		}
	}
}

// threads begins the name of what starts the thread of a std::thread, in libstdc++.so.
const threads = "_ZNSt6thread15_M_start_thread"

// CplusplusThread is the Name of the Call that starts the thread of a std::thread.
const CplusplusThread = "std::thread"

// Calls are those that the library makes, as far as its shim leaves them alone. image is what
// the spec was parsed from.
func Calls(spec *elfimage.Spec, image []byte) (all []Call) {
	wrapped := Wraps(spec, image)
	for _, name := range spec.Imports() {
		c, ok := calls[name]
		switch {
		case strings.HasPrefix(name, threads):
			all = append(all, Call{Name: CplusplusThread, What: "starts threads in libstdc++.so, which hotso does not see: the unload waits for those that are inside it"})
		case ok && !slices.Contains(wrapped, name):
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Call) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(all, func(a, b Call) bool { return a.Name == b.Name })
}

// Stays says why a library stays in the process once it was loaded, or is empty.
func Stays(spec *elfimage.Spec, image []byte) string {
	for _, c := range Calls(spec, image) {
		if c.Stays {
			return "by " + c.Name + " it " + c.What + ", where the process would go when it is unloaded"
		}
	}
	return ""
}

// Wraps are the functions that the library's shim wraps: it has them from outside, too. One
// of an older hotso does not say, and wrapped none of those above.
func Wraps(spec *elfimage.Spec, image []byte) (names []string) {
	sym, ok := spec.Export(abi.SymWraps)
	if !ok {
		return nil
	}
	at, ok := spec.Offset(sym.Value)
	if !ok || uint64(at)+sym.Size > uint64(len(image)) {
		return nil
	}
	for name := range bytes.FieldsSeq(image[at : uint64(at)+sym.Size]) {
		names = append(names, string(bytes.Trim(name, "\x00")))
	}
	return names
}
