// Command host opens Go plugins and prints what it sees.
//
// It reads plugin paths from standard input, one per line, and answers each
// with one line, so that whoever drives it can change the files in between.
// At the end of the input it drops every reference, collects garbage, and
// prints for each path that was ever mapped what is still there.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"plugin"
	"runtime"
	"weak"

	"github.com/hotso/hotso/testdata/plugin/api"
)

// attempt is what the host remembers of one path. It holds no strong
// reference to the plugin.
type attempt struct {
	path   string
	mapped int // KiB, right after the first Open
	handle weak.Pointer[plugin.Plugin]
	closer bool
}

func main() {
	var attempts []attempt
	seen := map[string]bool{}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		path := in.Text()
		a := open(path)
		if !seen[path] {
			seen[path] = true
			attempts = append(attempts, a)
		}
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "host: read standard input:", err)
		os.Exit(1)
	}
	// Twice, so that what a finalizer releases in the first cycle is freed too.
	runtime.GC()
	runtime.GC()
	for _, a := range attempts {
		if a.mapped > 0 {
			a.report()
		}
	}
}

// open opens the plugin at path, greets through it and prints the greeting or
// the refusal.
func open(path string) attempt {
	p, err := plugin.Open(path)
	a := attempt{path: path, mapped: mappedKiB(path), handle: weak.Make(p)}
	if err != nil {
		fmt.Printf("%s: refused: %v\n", path, err)
		return a
	}
	_, a.closer = any(p).(io.Closer)
	sym, err := p.Lookup("NewGreeter")
	if err != nil {
		fmt.Printf("%s: no greeter: %v\n", path, err)
		return a
	}
	newGreeter, ok := sym.(func() api.Greeter)
	if !ok {
		fmt.Printf("%s: NewGreeter is a %T\n", path, sym)
		return a
	}
	fmt.Printf("%s: %s\n", path, newGreeter().Greet())
	return a
}

// report prints what outlived the last reference.
func (a attempt) report() {
	handle := "no handle"
	if a.handle.Value() != nil {
		handle = "handle held, no Close"
		if a.closer {
			handle = "handle held, has Close"
		}
	}
	fmt.Printf("%s: after GC: %d of %d KiB mapped, %s\n", a.path, mappedKiB(a.path), a.mapped, handle)
}
