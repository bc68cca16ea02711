package libtest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// grace is how long things may still take to go away after the last test: runtimes
// end threads, and finalizers close files, in their own time.
const grace = 5 * time.Second

type config struct {
	grace    time.Duration
	resident bool
	allowed  []string
	checks   []func() error
}

// A MainOption changes what Main looks at.
type MainOption func(*config)

// AllowResident is for test binaries that load libraries which cannot be
// unloaded: mappings and threads may stay, and the files that such a library
// and its Go runtime keep open (the library's memfd, epoll, eventfd, the
// cgroup's CPU limits). Every other open file is a leak all the same.
func AllowResident() MainOption { return func(c *config) { c.resident = true } }

// Allow permits what contains one of the texts: the path of a mapping, what an open
// file links to, where a thread stands. Say why, where you use it.
func Allow(texts ...string) MainOption {
	return func(c *config) { c.allowed = append(c.allowed, texts...) }
}

// Grace changes how long things may still take to go away after the last test, which is five seconds: for a
// process that is meant to leave something, and need not be waited for.
func Grace(d time.Duration) MainOption { return func(c *config) { c.grace = d } }

// Check adds a condition that must hold after the tests. It is called, again
// and again, until it returns nil or the grace is over.
func Check(f func() error) MainOption {
	return func(c *config) { c.checks = append(c.checks, f) }
}

// Main runs the tests of a package and fails the test binary if something is
// left in the process that was not there before:
//
//   - a mapping of a file (a memfd too), or executable memory
//   - a thread that stands in code which was not there before
//   - an open file
//   - something in TMPDIR, which is a new directory during the tests, for child
//     processes too; a child that is meant to die needs a TMPDIR of its own
//
// Anonymous memory is not looked at: the heaps of Go and malloc keep what they
// once had. Threads are not counted either, as the host's own runtime starts
// and keeps as many as it likes. Instead, the kernel says where each thread
// stands (see place): if it is in the executable, the thread is the host's; if it is
// in other code, the thread came with a library. So a single leaked thread is seen,
// and a host with a hundred idle ones passes.
//
// This has two limits. A thread that always runs and is never caught in a system call
// is reported, whosever it is. And a thread that the C library put to sleep is judged
// by the return addresses on its stack, where an old one may mislead.
//
// On systems other than Linux, and while fuzzing, Main only runs the tests. Where the kernel
// does not tell where threads stand, stderr says that they are not checked.
func Main(m *testing.M, opts ...MainOption) {
	if runtime.GOOS != "linux" {
		os.Exit(m.Run())
	}
	c := &config{grace: grace}
	for _, opt := range opts {
		opt(c)
	}
	before, err := begin()
	if err != nil {
		fmt.Fprintln(os.Stderr, "libtest:", err)
		os.Exit(2)
	}
	temp, err := newTempDir()
	if err != nil {
		fmt.Fprintln(os.Stderr, "libtest:", err)
		os.Exit(2)
	}
	c.checks = append(c.checks, temp.empty)
	code := m.Run()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		temp.remove()
		os.Exit(code) // unchecked: a fuzzing worker keeps its shared memory
	}
	if left := c.wait(before); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "libtest: the tests are over, and this is left of them:\n\t%s\n", strings.Join(left, "\n\t"))
		code = max(code, 1)
	}
	temp.remove()
	os.Exit(code)
}

// begin makes the runtime open what it opens only once, and takes the snapshot that
// the end is compared with.
func begin() (*snapshot, error) {
	r, w, err := os.Pipe() // the first pipe starts the network poller
	if err != nil {
		return nil, err
	}
	r.Close()
	w.Close()
	if _, err := os.ReadFile("/proc/thread-self/syscall"); err != nil {
		fmt.Fprintln(os.Stderr, "libtest: threads are not checked:", err)
	}
	return takeSnapshot()
}

// wait returns what is left at the end of the grace, or nil as soon as nothing is left.
func (c *config) wait(before *snapshot) []string {
	host := map[string]bool{}
	for end := time.Now().Add(c.grace); ; time.Sleep(10 * time.Millisecond) {
		runtime.GC()
		left := c.left(before, host)
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// left compares now with before. It adds to host the threads that were seen in
// the host's own code.
func (c *config) left(before *snapshot, host map[string]bool) []string {
	var left []string
	now, err := takeSnapshot()
	if err != nil {
		return []string{err.Error()}
	}
	report := func(text string, allowed []string) {
		for _, a := range allowed {
			if strings.Contains(text, a) {
				return
			}
		}
		left = append(left, text)
	}
	files := c.allowed
	if c.resident {
		files = append([]string{"/memfd:", "anon_inode:[event", "/sys/fs/cgroup/"}, files...)
	}
	for _, text := range now.newFiles(before) {
		report(text, files)
	}
	if !c.resident {
		for _, text := range now.newMappings(before) {
			report(text, append(permanent, c.allowed...))
		}
		for _, text := range now.foreignThreads(before, host) {
			report(text, c.allowed)
		}
	}
	for _, check := range c.checks {
		if err := check(); err != nil {
			report(err.Error(), nil)
		}
	}
	return left
}

// permanent are libraries that glibc loads when it first needs them, and keeps:
// for ending threads, and for looking names up.
var permanent = []string{"/libgcc_s.so", "/libnss_"}
