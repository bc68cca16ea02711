package invoke

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/hotso/hotso/host/life"
)

// calledFrom adds to the stack of a panic in the library that of the goroutine that made the call, as
// far as it is not ours. The goroutine of a bounded call has nothing else, so it adds nothing there.
func calledFrom(err error) error {
	if e, ok := err.(*life.CallError); ok && e.Panicked {
		if stack := callerStack(); stack != "" {
			e.Message = strings.TrimRight(e.Message, "\n") + "\n\ncalled by the host:\n" + stack
		}
	}
	return err
}

// ours are the packages between the code of a host's author and the library.
var ours = []string{"github.com/hotso/hotso/host/internal/", "github.com/hotso/hotso/host.", "github.com/hotso/hotso/contract."}

// callerStack has the form of debug.Stack.
func callerStack() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var b strings.Builder
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if f.Function == "runtime.goexit" || b.Len() == 0 && isOurs(f.Function) {
			continue
		}
		fmt.Fprintf(&b, "%s(...)\n\t%s:%d\n", f.Function, f.File, f.Line)
	}
	return b.String()
}

func isOurs(function string) bool {
	for _, prefix := range ours {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}
