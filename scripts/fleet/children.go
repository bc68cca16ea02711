//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// children are processes that end with this one, however it ends: the kernel sends SIGKILL to a child when the
// thread that has started it is gone, so one thread, which stays, starts all of them. Each has a process group of its own, so
// that ^C reaches it through us only, and in order.
type children struct {
	starts chan func()
	over   sync.Once
	mu     sync.Mutex
	all    map[*child]bool
}

// A child is a process that was started. It is waited for from the beginning.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of Wait, when done
}

func newChildren() *children {
	c := &children{starts: make(chan func()), all: map[*child]bool{}}
	go func() {
		runtime.LockOSThread() // and never unlocks it
		for start := range c.starts {
			start()
		}
	}()
	return c
}

// start starts a command. read, unless nil, reads what it has piped, and returns at the end of that.
func (c *children) start(cmd *exec.Cmd, read func()) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	c.starts <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	ch := &child{cmd: cmd, done: make(chan struct{})}
	c.mu.Lock()
	c.all[ch] = true
	c.mu.Unlock()
	go func() {
		if read != nil {
			read() // Wait closes the pipe
		}
		ch.err = cmd.Wait()
		c.mu.Lock()
		delete(c.all, ch)
		c.mu.Unlock()
		close(ch.done)
	}()
	return ch, nil
}

// run runs a command to its end, or to that of ctx, and returns what it says.
func (c *children) run(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var said lockedBuffer
	cmd.Stdout, cmd.Stderr = &said, &said
	ch, err := c.start(cmd, nil)
	if err != nil {
		return nil, err
	}
	select {
	case <-ch.done:
		return said.bytes(), ch.err
	case <-ctx.Done():
		ch.end(patience)
		return said.bytes(), ctx.Err()
	}
}

const patience = 10 * time.Second

// end has a child end, by SIGTERM, and if that takes too long by SIGKILL, with all that it has started.
func (ch *child) end(patience time.Duration) {
	_ = ch.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ch.done:
	case <-time.After(patience):
		_ = syscall.Kill(-ch.cmd.Process.Pid, syscall.SIGKILL)
		<-ch.done
	}
}

func (ch *child) hasEnded() bool {
	select {
	case <-ch.done:
		return true
	default:
		return false
	}
}

// close ends all at once, and then the thread. It may be called again; nothing is started after it.
func (c *children) close() {
	c.mu.Lock()
	var all []*child
	for ch := range c.all {
		all = append(all, ch)
	}
	c.mu.Unlock()
	var ending sync.WaitGroup
	for _, ch := range all {
		ending.Go(func() { ch.end(patience) })
	}
	ending.Wait()
	c.over.Do(func() { close(c.starts) })
}

// lockedBuffer is for two writers.
type lockedBuffer struct {
	mu  sync.Mutex
	buf []byte
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = append(b.buf, p...)
	return len(p), nil
}

func (b *lockedBuffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf
}

// environment is this process's, with some variables set.
func environment(set ...string) []string { return append(os.Environ(), set...) }
