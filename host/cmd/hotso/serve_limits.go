package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// limitFlags bound what clients can have of a server.
type limitFlags struct {
	maxBody, maxMemory byteSize
	maxConns, maxCalls int
	callTimeout        time.Duration
	killHung           bool
}

func (f *limitFlags) add(cmd *cobra.Command) {
	*f = limitFlags{maxBody: server.DefaultMaxBody, maxMemory: server.DefaultMaxMemory}
	cmd.Flags().Var(&f.maxBody, "max-body", "largest body of a request")
	cmd.Flags().Var(&f.maxMemory, "max-memory", "what the bodies, arguments and results of all requests take together")
	cmd.Flags().IntVar(&f.maxCalls, "max-calls", host.DefaultMaxCalls, "calls and streams inside a version at a time")
	cmd.Flags().DurationVar(&f.callTimeout, "call-timeout", 0, "how long a call may take; 0: as long as it likes")
	cmd.Flags().BoolVar(&f.killHung, "kill-hung", false, "end a version when one of its calls outlives --call-timeout and does not heed its context")
	cmd.Flags().IntVar(&f.maxConns, "max-connections", server.DefaultMaxConns, "connections over TCP at a time")
}

func (f *limitFlags) check() error {
	if f.maxBody <= 0 || f.maxMemory <= 0 || f.maxCalls <= 0 || f.maxConns <= 0 {
		return usagef("--max-body, --max-memory, --max-calls and --max-connections must be more than 0")
	}
	switch {
	case f.callTimeout < 0:
		return usagef("--call-timeout %v: it must not be negative", f.callTimeout)
	case f.killHung && f.callTimeout == 0:
		return usagef("--kill-hung needs --call-timeout: nothing else says that a call hangs")
	}
	return nil
}

// hungGrace is how long a library that was told that the time is up may take to come back.
const hungGrace = time.Second

// calls bound the calls inside a version.
func (f *limitFlags) calls() []host.Option {
	options := []host.Option{host.MaxCalls(f.maxCalls, host.DefaultMaxCallsWait)}
	if f.callTimeout > 0 {
		// Without a limit the server waits for a call, whatever its client does.
		options = append(options, host.CallTimeout(f.callTimeout), host.CancelGrace(hungGrace))
	}
	if f.killHung {
		options = append(options, host.KillHung())
	}
	return options
}

// A byteSize is a flag in bytes, such as 64KiB or 16MiB.
type byteSize int64

var units = []struct {
	suffix string
	bytes  int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

func (s *byteSize) Type() string { return "size" }

func (s *byteSize) String() string {
	for _, u := range units {
		if n := int64(*s); n%u.bytes == 0 && n >= u.bytes {
			return strconv.FormatInt(n/u.bytes, 10) + u.suffix
		}
	}
	return "0"
}

func (s *byteSize) Set(text string) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > (1<<62)/u.bytes {
			break
		}
		*s = byteSize(n * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is no size, such as 16MiB, 64KiB or a number of bytes", text)
}

// collectInTime has the collector work harder before the server's memory is more than it can need: what it has
// for requests, twice, as most of that is garbage a moment later, what it takes itself, and 20 KiB for each connection
// beyond the usual number. Otherwise it lags behind hostile clients on a busy machine. GOMEMLIMIT goes before.
func (f *limitFlags) collectInTime() {
	if os.Getenv("GOMEMLIMIT") == "" {
		more := max(f.maxConns-server.DefaultMaxConns, 0)
		debug.SetMemoryLimit(64<<20 + 2*int64(f.maxMemory) + int64(more)*20<<10)
	}
}
