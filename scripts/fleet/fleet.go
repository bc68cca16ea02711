//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const channel = "stable"

// A fleet is all that runs.
type fleet struct {
	settings
	built
	dir      string
	children *children
	view     *view

	proxy      *proxy // of hosts
	operators  *proxy // of who pushes and judges
	prometheus string // URL; empty if there is none
	hosts      []*hostProcess
	load       *load
	closed     bool
}

func (f *fleet) repository() string { return f.proxy.addr + "/fleet/greeter" }

// environment has no login of the user's be asked for.
func (f *fleet) environment() []string {
	return environment("DOCKER_CONFIG="+filepath.Join(f.dir, "docker"), "NO_COLOR=1")
}

// start starts all, with v1 on each host.
func (f *fleet) start(ctx context.Context) error {
	for _, dir := range []string{"docker", "logs", "cache"} {
		if err := os.Mkdir(filepath.Join(f.dir, dir), 0o700); err != nil {
			return err
		}
	}
	if err := f.startRegistry(); err != nil {
		return fmt.Errorf("the registry does not begin: %w", err)
	}
	for _, m := range modes {
		args := []string{"push", library(f.libraries, m.version), f.operators.addr + "/fleet/greeter"}
		if m.version == "1" {
			args = append(args, "--tag", channel)
		}
		if out, err := f.run(ctx, args...); err != nil {
			return fmt.Errorf("hotso push: %w: %s", err, out)
		}
	}
	f.view.say("starting %d processes of hotso serve", f.settings.hosts)
	if err := f.startHosts(ctx); err != nil {
		return err
	}
	f.view.watch(f.grid)
	var err error
	if f.prometheus, err = f.startPrometheus(ctx); err != nil {
		return err
	}
	if err := f.await(ctx, "1", time.Minute); err != nil {
		return err
	}
	f.view.say("v1 serves on all; %g calls/s to each", f.rate)
	f.load = startLoad(ctx, f.hosts, f.rate)
	return nil
}

// run runs hotso.
func (f *fleet) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.Command(f.hotso, args...)
	cmd.Env = f.environment()
	out, err := f.children.run(ctx, cmd)
	return bytes.TrimSpace(out), err
}

func (f *fleet) startRegistry() error {
	data := filepath.Join(f.dir, "registry-data")
	cmd := exec.Command(f.registry, "-dir", data)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if _, err := cmd.StdinPipe(); err != nil { // it ends when this does
		return err
	}
	listens := make(chan string, 1)
	if _, err := f.children.start(cmd, func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		listens <- strings.TrimSpace(line)
	}); err != nil {
		return err
	}
	addr := <-listens
	if addr == "" {
		return errors.New("it says no address")
	}
	if f.proxy, err = newProxy(addr); err != nil {
		return err
	}
	f.operators, err = newProxy(addr)
	return err
}

// atATime is how many hosts start at a time: as on machines of their own they would, they get some processor.
const atATime = 16

func (f *fleet) startHosts(ctx context.Context) error {
	f.hosts = make([]*hostProcess, f.settings.hosts)
	var starting sync.WaitGroup
	var failed atomic.Pointer[error]
	next := make(chan int)
	for range atATime {
		starting.Go(func() {
			for i := range next {
				h, err := f.startHost(fmt.Sprintf("node-%03d", i+1))
				if err != nil {
					failed.CompareAndSwap(nil, &err)
				}
				f.hosts[i] = h
			}
		})
	}
	for i := range f.hosts {
		if ctx.Err() != nil || failed.Load() != nil {
			break
		}
		next <- i
	}
	close(next)
	starting.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return ctx.Err()
}

// count is on how many hosts something is true.
func (f *fleet) count(is func(*hostProcess) bool) (n int) {
	for _, h := range f.hosts {
		if is(h) {
			n++
		}
	}
	return n
}

func (f *fleet) on(version string) int {
	return f.count(func(h *hostProcess) bool { now, _ := h.serves(); return now == version })
}

// await waits until a version serves on all hosts.
func (f *fleet) await(ctx context.Context, version string, atMost time.Duration) error {
	for end := time.Now().Add(atMost); f.on(version) < len(f.hosts); pause(ctx, 50*time.Millisecond) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(end) {
			return fmt.Errorf("v%s serves on %d of %d hosts after %v; %d have ended", version, f.on(version), len(f.hosts), atMost, f.died())
		}
	}
	return nil
}

// last is when the last host came to what serves there.
func (f *fleet) last() (last time.Time) {
	for _, h := range f.hosts {
		if _, since := h.serves(); since.After(last) {
			last = since
		}
	}
	return last
}

// died is how many hosts have ended by themselves.
func (f *fleet) died() int { return f.count((*hostProcess).hasEnded) }

// watchQuiet counts what the registry is asked while nothing changes.
func (f *fleet) watchQuiet(ctx context.Context) (q quiet, err error) {
	pause(ctx, f.poll) // until all have settled
	q.Lasted = time.Duration(f.quiet) * f.poll
	f.view.say("nothing changes for %v: what is the registry asked?", q.Lasted)
	f.load.take()
	before := f.proxy.count()
	pause(ctx, q.Lasted)
	if ctx.Err() != nil {
		return q, ctx.Err()
	}
	q.Requests = f.proxy.count() - before
	q.PerHost = float64(q.Requests) / float64(len(f.hosts)*f.quiet)
	q.Calls.set(f.load.take())
	f.view.say("%d requests: %.2f per host and interval", q.Requests, q.PerHost)
	return q, nil
}

// close ends all. It may be called again.
func (f *fleet) close() (err error) {
	if f.closed {
		return nil
	}
	f.closed = true
	if f.load != nil {
		f.load.stop()
	}
	var ending sync.WaitGroup
	errs := make([]error, len(f.hosts))
	for i, h := range f.hosts {
		if h == nil {
			continue
		}
		ending.Go(func() {
			h.end(patience)
			if h.err != nil {
				errs[i] = fmt.Errorf("%s: %w", h.id, h.err)
			}
		})
	}
	ending.Wait()
	f.children.close()
	for _, p := range []*proxy{f.proxy, f.operators} {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	return errors.Join(errs...)
}
