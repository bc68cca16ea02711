// Package doctor looks at what hotso needs of a machine, of its Go and C compilers, and of a module, for
// hotso doctor: what would not work, why, and what to do.
package doctor

import (
	"context"
	"fmt"
)

// What a finding means.
const (
	Good    = "good"
	Careful = "careful" // it works, but not all of it
	Bad     = "bad"     // something does not work
)

// A Finding is what was found of one thing.
type Finding struct {
	Thing  string `json:"thing"`
	Is     string `json:"is"` // Good, Careful or Bad
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"` // what to do, unless it is good
}

// findings are in the order in which they are needed.
type findings []Finding

func (f *findings) good(thing, format string, args ...any) {
	*f = append(*f, Finding{thing, Good, fmt.Sprintf(format, args...), ""})
}

func (f *findings) careful(thing, detail, mend string) {
	*f = append(*f, Finding{thing, Careful, detail, mend})
}

func (f *findings) bad(thing, detail, mend string) {
	*f = append(*f, Finding{thing, Bad, detail, mend})
}

// Look looks at the machine and its compilers, and, if dir is not empty, at what there is: at the library there, or,
// if there is none in dir itself, at all libraries and hosts below it.
func Look(ctx context.Context, dir string) []Finding {
	f := &findings{}
	lookAtMachine(f)
	if usable := lookAtCompilers(ctx, f, dir); usable && dir != "" {
		lookAtModule(ctx, f, dir)
	}
	return *f
}
