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
}

// A Resource is one kind of thing that a library held of the process.
type Resource struct {
	Kind  string `json:"kind"`            // threads, mappings, ...
	Found int    `json:"found"`           // when the unload began
	Freed int    `json:"freed"`           // by it
	Left  int    `json:"left"`            // still there
	Bytes uint64 `json:"bytes,omitempty"` // of memory, as found
	Why   string `json:"why,omitempty"`   // something is left
}

// The kinds of resources.
const (
	Threads     = "threads"     // that the library started
	Mappings    = "mappings"    // memory that its runtime and C code mapped
	Image       = "image"       // the file itself, mapped
	Descriptors = "descriptors" // of its runtime, what its poller watched, what its C code opened
	Keys        = "keys"        // pthread keys
	Handlers    = "handlers"    // of signals, in the host's dispatch table
	TLSSlots    = "tls slots"
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

// Took is the time of all steps but the wait for the calls inside.
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
