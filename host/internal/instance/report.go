package instance

import (
	"fmt"
	"strings"
	"time"

	"github.com/hotso/hotso/host/life"
)

// A report is one that is being written.
type report struct{ *life.Report }

func (in *Instance) newReport() *report {
	return &report{&life.Report{Name: in.Desc.Name, Version: in.Desc.Version}}
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
