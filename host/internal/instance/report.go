package instance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hotso/hotso/host/life"
)

// A report is one that is being written.
type report struct{ *life.Report }

func (in *Instance) newReport() *report {
	return &report{&life.Report{Name: in.Desc.Name, Version: in.Desc.Version, NotCounted: in.beside}}
}

// A resource is the entry of one kind.
type resource struct{ *life.Resource }

// add notes what was found and freed. The result is valid until the next add.
func (r *report) add(kind string, found, freed int) resource {
	r.Resources = append(r.Resources, life.Resource{Kind: kind, Found: found, Freed: freed, Left: found - freed})
	return resource{&r.Resources[len(r.Resources)-1]}
}

// why says why something is left, if it is.
func (x resource) why(reason string) resource {
	if x.Left > 0 {
		x.Why = reason
	}
	return x
}

// timed notes how long a step takes: defer r.timed("stop")().
func (r *report) timed(step string) func() {
	begin := time.Now()
	return func() { r.Steps = append(r.Steps, life.StepTime{Step: step, Took: time.Since(begin)}) }
}

// detail is what operators should know of the end.
func (r *report) detail() string {
	if r.Reason != "" {
		return r.Reason
	}
	var details []string
	if len(r.Signals) > 0 {
		details = append(details, "its C code wanted to change signals of the process: "+counted(r.Signals))
	}
	if len(r.Changes) > 0 {
		details = append(details, "it has changed what is the process's: "+counted(r.Changes))
	}
	return strings.Join(details, "; ")
}

func counted(what map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(what)) {
		list = append(list, fmt.Sprintf("%s (%d)", name, what[name]))
	}
	return strings.Join(list, ", ")
}

// changes are in the order of HOTSO_CHANGED_* (cabi.h).
var changes = [...]string{
	life.Directory, life.Umask, life.Limits, life.Environment, life.Locale, life.IDs, life.Scheduling,
	life.Session, life.Namespaces, life.MemoryLocks, life.Attributes,
}

// noteChanges notes how often the library has changed what is the process's.
func (r *report) noteChanges(counts []uint32) {
	for i, n := range counts[:min(len(counts), len(changes))] {
		if n > 0 {
			if r.Changes == nil {
				r.Changes = map[string]int{}
			}
			r.Changes[changes[i]] = int(n)
		}
	}
}

// leftovers says what is left, for people.
func (r *report) leftovers() string {
	var left []string
	for _, x := range r.Resources {
		if x.Left > 0 {
			left = append(left, fmt.Sprintf("%d %s: %s", x.Left, x.Kind, x.Why))
		}
	}
	return strings.Join(left, ", ")
}
