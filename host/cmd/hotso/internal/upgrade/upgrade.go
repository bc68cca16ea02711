package upgrade

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"
)

// DefaultTimeout is how long the new process has until it is ready.
const DefaultTimeout = time.Minute

// A Config says how a process is replaced.
type Config struct {
	// Timeout is how long the new process has until it is ready; after that it is killed. Default DefaultTimeout.
	Timeout time.Duration
	// PIDFile is written by the process that serves, once it is ready; empty: none. The last one removes it.
	PIDFile string
	// Note tells people what happens.
	Note func(format string, args ...any)
}

// A Process is this one, which may be replaced, and may take the place of another. Its methods are safe for
// concurrent use, unless they say otherwise.
type Process struct {
	conf    Config
	flip    *tableflip.Upgrader
	sockets sockets
	signals chan os.Signal
	why     error // it can't be replaced

	activated map[string]*os.File // by systemd, in this process

	notify notifier

	mu       sync.Mutex
	awaited  map[string]bool // libraries that nothing serves of yet, by name; false: it need not. nil until Await
	serves   bool            // a library does
	open     chan struct{}   // closed when this process is ready
	ready    bool
	handover sync.WaitGroup // becoming ready, in the background
}

// sentinel is how tableflip's child knows that it is one. Children of libraries are none.
const sentinel = "TABLEFLIP_HAS_PARENT_7DIU3"

// New is called once in a process, early: SIGUSR2 ends the process before it.
func New(conf Config) (*Process, error) {
	if conf.Timeout <= 0 {
		conf.Timeout = DefaultTimeout
	}
	p := &Process{conf: conf, signals: make(chan os.Signal, 1), open: make(chan struct{})}
	signal.Notify(p.signals, syscall.SIGUSR2)
	replaces := os.Getenv(sentinel) != ""
	program, err := program()
	if err == nil {
		os.Args[0] = program // what tableflip starts
	}
	p.flip, p.why = tableflip.New(tableflip.Options{UpgradeTimeout: conf.Timeout, PIDFile: conf.PIDFile})
	if p.why != nil && replaces {
		return nil, fmt.Errorf("it was started to take the place of another process, and did not hear from it: %w; unset %s to start it by itself", p.why, sentinel)
	}
	p.why = errors.Join(p.why, err)
	if replaces {
		_ = os.Unsetenv(sentinel)
		syscall.CloseOnExec(3) // tableflip's pipes, which it leaves to children otherwise
		syscall.CloseOnExec(4)
	}
	p.sockets = sockets{flip: p.flip, replaces: replaces, open: p.open}
	p.notify = notifier{replaces: replaces}
	return p, nil
}

// Replaces reports whether this process was started to take the place of another.
func (p *Process) Replaces() bool { return p.sockets.replaces }

// Await begins the wait until a version of each library serves: of those named, and of those that the
// process before serves. Call it once, before Served.
func (p *Process) Await(names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awaited = map[string]bool{}
	for _, name := range append(names, p.sockets.served()...) {
		p.awaited[name] = true
	}
	p.readyIfAll()
}

// Served says that a version of a library serves.
func (p *Process) Served(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.awaited, name)
	p.serves = true
	p.readyIfAll()
}

// Failed says that a version of a library does not serve. A process that takes the place of none does not wait for
// that library any more once another serves: one that is bad must not keep the others from being served.
func (p *Process) Failed(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.Replaces() && p.awaited[name] {
		p.awaited[name] = false
		p.readyIfAll()
	}
}

// readyIfAll has the process become ready, in the background, once nothing is awaited. p.mu is held.
func (p *Process) readyIfAll() {
	if p.ready || p.awaited == nil {
		return
	}
	for _, needed := range p.awaited {
		if needed || !p.serves {
			return
		}
	}
	p.ready = true
	p.handover.Go(p.takeOver)
}

// takeOver makes this process the one that serves. It is told to systemd before the process before ends, which would
// be the end of the service otherwise.
func (p *Process) takeOver() {
	p.notify.ready()
	if p.flip != nil {
		if err := p.flip.Ready(); err != nil {
			p.conf.Note("it is ready, but there is trouble with telling so, and it goes on: %v", err)
		}
	}
	close(p.open)
}

// removePIDFile removes the file unless it is another process's by now.
func (p *Process) removePIDFile() {
	if p.conf.PIDFile == "" {
		return
	}
	b, err := os.ReadFile(p.conf.PIDFile)
	if err == nil && strings.TrimSpace(string(b)) == strconv.Itoa(os.Getpid()) {
		_ = os.Remove(p.conf.PIDFile)
	}
}
