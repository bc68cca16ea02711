package life

import (
	"fmt"
	"time"
)

// A Report says what became of a version that was replaced or closed.
type Report struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	State   State  `json:"state"`            // Unloaded, Resident or Quarantined
	Reason  string `json:"reason,omitempty"` // why it is not Unloaded

	Resources []Resource `json:"resources,omitempty"`
	Blockers  []Blocker  `json:"blockers,omitempty"` // threads that hold it, if quarantined
	Steps     []StepTime `json:"steps,omitempty"`

	// Signals are those for which the library's C code wanted to set handlers, ignore them or
	// have them come by a timer, and how often. The process's were not changed. "sigaltstack"
	// counts the signal stacks that it wanted to give to threads of the host's.
	Signals map[string]int `json:"signals,omitempty"`

	// NotCounted are the shared objects that the library needs which may have something in the
	// process themselves, and what: "libcurl.so.4: threads, descriptors". Hotso does not see that,
	// so it is not among Resources, and stays if the library has not closed it.
	NotCounted []string `json:"not_counted,omitempty"`

	// Changes are what there is once in the process and the library has changed, and how
	// often: one of the words below. None is undone, as nobody can tell what it would be
	// otherwise; what the library has changed back counts as well.
	Changes map[string]int `json:"changes,omitempty"`
}

// A Resource is one kind of the process's resources that a library held.
type Resource struct {
	Kind  string `json:"kind"`            // threads, mappings, ...
	Found int    `json:"found"`           // when the unload began
	Freed int    `json:"freed"`           // by it
	Left  int    `json:"left"`            // still there
	Bytes uint64 `json:"bytes,omitempty"` // of memory, as found
	Why   string `json:"why,omitempty"`   // why something is left
}

// The kinds of resources.
const (
	Threads     = "threads"     // that the library started
	Mappings    = "mappings"    // memory that its runtime and C code mapped
	Image       = "image"       // the file itself, mapped
	Descriptors = "descriptors" // of its runtime, what its poller watched, what its C code opened
	CHeap       = "c heap"      // blocks that its C code has left, with ReclaimC
	Keys        = "keys"        // pthread keys
	Timers      = "timers"      // of its runtime's profiler and its C code
	Handlers    = "handlers"    // of signals, in the host's dispatch table
	TLSSlots    = "tls slots"
)

// ResourceKinds are all of them.
var ResourceKinds = []string{Threads, Mappings, Image, Descriptors, CHeap, Keys, Timers, Handlers, TLSSlots}

// What there is once in a process.
const (
	Directory   = "directory" // by chdir
	Umask       = "umask"
	Limits      = "limits"      // by setrlimit
	Environment = "environment" // C's, by os.Setenv, too; the host's os.Getenv does not see it
	Locale      = "locale"
	IDs         = "ids"        // of users, groups, and capabilities
	Scheduling  = "scheduling" // affinity and priority of a thread of the host's, or of more
	Session     = "session"    // by setsid, setpgid
	Namespaces  = "namespaces" // by unshare, setns, chroot
	MemoryLocks = "memory locks"
	Attributes  = "attributes" // by prctl, seccomp, personality
)

// A Blocker is a thread that could not be ended.
type Blocker struct {
	Thread int    `json:"thread"` // its id, as in /proc/self/task
	Name   string `json:"name"`
	Where  string `json:"where"` // file, symbol and system call, as far as they can be told
}

func (b Blocker) String() string {
	return fmt.Sprintf("thread %d (%s) in %s", b.Thread, b.Name, b.Where)
}

// A StepTime is how long one step took.
type StepTime struct {
	Step string        `json:"step"`
	Took time.Duration `json:"took"` // nanoseconds
}

// Took is the time of all steps except the wait for the calls inside.
func (r *Report) Took() time.Duration {
	var sum time.Duration
	for _, s := range r.Steps {
		if s.Step != string(StepDrain) {
			sum += s.Took
		}
	}
	return sum
}

// Resource returns the entry of a kind, zero if there is none.
func (r *Report) Resource(kind string) Resource {
	for _, x := range r.Resources {
		if x.Kind == kind {
			return x
		}
	}
	return Resource{Kind: kind}
}
