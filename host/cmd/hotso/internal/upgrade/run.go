package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// A Successor is what a process that is to be replaced knows of itself. Its functions are called by one goroutine.
type Successor struct {
	// May says why the process can't be replaced now, or nil.
	May func() error
	// Serves names the libraries that a version serves of: one must in the new process, too.
	Serves func() []string
	// Files are descriptors of the program's, by name, for Inherited in the new process. They are closed.
	Files func() (map[string]*os.File, error)
	// Alive returns if the process is alive: it is asked for the watchdog of systemd, if there is one. It is called
	// by a goroutine of its own.
	Alive func()
	// Retire has clients go to the new process, which accepts connections from the same sockets by now.
	Retire func(ctx context.Context)
}

// Run replaces this process on SIGUSR2, until ctx ends. It returns a context that ends with ctx, and when another
// process has taken over; then this one is to end. Call stop before the process ends: nobody takes over after that.
func (p *Process) Run(ctx context.Context, s Successor) (running context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	running, end := context.WithCancel(ctx)
	done := make(chan struct{})
	p.notify.watch(running, s.Alive)
	go func() {
		defer close(done)
		defer end()
		if p.replacedOn(ctx, s) {
			s.Retire(ctx)
			return
		}
		p.notify.stopping()
		if p.flip != nil {
			p.flip.Stop() // closes its descriptors of the sockets, and ends a process that is not ready
		}
		p.removePIDFile()
	}()
	return running, func() { cancel(); <-done; p.notify.wait(); p.handover.Wait() }
}

// replacedOn waits for SIGUSR2, until another process has taken over or ctx ends.
func (p *Process) replacedOn(ctx context.Context, s Successor) bool {
	if p.flip != nil {
		defer context.AfterFunc(ctx, p.flip.Stop)() // also while a process starts
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-p.signals:
		}
		p.conf.Note("SIGUSR2: %s starts, to take over from process %d", os.Args[0], os.Getpid())
		err := p.replace(ctx, s)
		if err == nil {
			p.conf.Note("another process has taken over: process %d ends when its requests are answered", os.Getpid())
			return true
		}
		if ctx.Err() == nil {
			p.conf.Note("SIGUSR2: process %d serves on: %v", os.Getpid(), err)
		}
	}
}

// errFirst: whoever waits for the first process of a container or machine takes its end for that of all.
var errFirst = errors.New("it is the first process of its container, and all others end with it: start a container with the new program instead")

func (p *Process) replace(ctx context.Context, s Successor) error {
	if os.Getpid() == 1 {
		return errFirst
	}
	if p.why != nil {
		return p.why
	}
	if err := s.May(); err != nil {
		return err
	}
	if err := p.aloneBy(ctx); err != nil {
		return err
	}
	if err := p.pass(s); err != nil {
		return err
	}
	p.notify.reloading()
	err := p.flip.Upgrade()
	for i := 0; i < 100 && isNotAlone(err); i++ { // tableflip has read that it has ended, and knows it soon
		time.Sleep(time.Millisecond)
		err = p.flip.Upgrade()
	}
	if err != nil {
		p.notify.readyAgain()
		return fmt.Errorf("the new process did not take over: %w (what it said is above)", err)
	}
	return nil
}

// aloneBy waits until the process before this one has ended: its requests are answered at its own pace.
func (p *Process) aloneBy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.conf.Timeout)
	defer cancel()
	_ = p.flip.WaitForParent(ctx) // how it has ended is its own matter
	if ctx.Err() != nil {
		return errors.New("the process before this one still answers requests: try again when it has ended")
	}
	return nil
}

// isNotAlone tells tableflip's error for which there is no name.
func isNotAlone(err error) bool { return err != nil && err.Error() == "parent hasn't exited" }

// pass has the new process get what the program has.
func (p *Process) pass(s Successor) error {
	files, err := s.Files()
	if err != nil {
		return err
	}
	for name, f := range p.activated {
		if err := p.flip.AddFile(activatedPrefix+name, f); err != nil {
			return fmt.Errorf("socket %s of systemd: %w", name, err)
		}
	}
	state := state{Serves: s.Serves()}
	for name, f := range files {
		state.Own = append(state.Own, name)
		err = errors.Join(err, p.flip.AddFile(ownPrefix+name, f), f.Close())
	}
	if err != nil {
		return err
	}
	return state.pass(p.flip)
}
