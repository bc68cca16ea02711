package life

import (
	"fmt"
	"strings"
	"time"
)

// A CrashKind is how a library's runtime ended.
type CrashKind string

// The kinds of crashes.
const (
	CrashPanic  CrashKind = "panic"  // nobody recovered
	CrashFatal  CrashKind = "fatal"  // the runtime gave up: concurrent map writes, stack overflow, ...
	CrashExit   CrashKind = "exit"   // os.Exit, log.Fatal, exit(3) of C code
	CrashSignal CrashKind = "signal" // a signal that the runtime wanted to die of, or its C code sent; abort(3)
	CrashKilled CrashKind = "killed" // the host ended it: hung, or a forced unload
)

// CrashKinds are all of them.
var CrashKinds = []CrashKind{CrashPanic, CrashFatal, CrashExit, CrashSignal, CrashKilled}

// A Crash says how a version ended. It is an error, ErrCrashed, which calls get that were
// inside, or that are made before another version serves.
type Crash struct {
	Library string    `json:"library"`
	Version string    `json:"version"`
	Kind    CrashKind `json:"kind"`
	Code    int       `json:"code"`              // exit status or signal number, 0 if there is none
	Message string    `json:"message,omitempty"` // the runtime's own words and its goroutines, or what C code called; at most MaxCrashMessage bytes
	Time    time.Time `json:"time"`
}

// MaxCrashMessage is how many bytes of a runtime's last words are kept.
const MaxCrashMessage = 64 << 10

func (c *Crash) Error() string {
	text := fmt.Sprintf("%s v%s crashed: %s", c.Library, c.Version, c.Kind)
	if c.Kind == CrashExit {
		text += fmt.Sprintf(" with status %d", c.Code)
	}
	if first, _, _ := strings.Cut(c.Message, "\n"); first != "" {
		text += ": " + first
	}
	return text
}

// Is matches ErrCrashed.
func (c *Crash) Is(target error) bool { return target == ErrCrashed }
