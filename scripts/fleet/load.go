//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// burst is how many calls come one after the other. A call costs a process that sleeps many times what the next one does: two Go
// runtimes wake up, and stay so for a while. With 150 of them on a few processors that would be most of the work.
const burst = 4

// A load calls each host so many times a second, in bursts, on a connection that stays.
type load struct {
	client  *http.Client
	cancel  context.CancelFunc
	calling sync.WaitGroup

	mu sync.Mutex
	calls
}

// calls are what became of them.
type calls struct {
	answered map[string]int // by version
	failed   map[string]int // by version; with an empty one nobody knows
	why      map[string]error
}

func newCalls() calls {
	return calls{answered: map[string]int{}, failed: map[string]int{}, why: map[string]error{}}
}

func (c calls) total() (n int) {
	for _, some := range []map[string]int{c.answered, c.failed} {
		for _, k := range some {
			n += k
		}
	}
	return n
}

func startLoad(ctx context.Context, hosts []*hostProcess, rate float64) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel, calls: newCalls(), client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2, MaxIdleConns: 2 * len(hosts)}}}
	every := time.Duration(burst * float64(time.Second) / rate)
	for _, h := range hosts {
		l.calling.Go(func() {
			pause(ctx, time.Duration(rand.Int64N(int64(every)))) // or all would call at once
			tick := time.NewTicker(every)
			defer tick.Stop()
			for ctx.Err() == nil {
				for range burst {
					l.note(l.call(h))
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
			}
		})
	}
	return l
}

// call makes one call to its end: that the load is stopped does not make it fail.
func (l *load) call(h *hostProcess) (version string, err error) {
	resp, err := l.client.Post(h.url+"/call/Greet", "application/json", strings.NewReader(`["Ada"]`))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var a struct{ Result, Version string }
	switch err := json.Unmarshal(b, &a); {
	case err != nil || resp.StatusCode != http.StatusOK:
		return a.Version, fmt.Errorf("%s: %s: %s", h.id, resp.Status, b)
	case a.Result != "Hello, Ada, from v"+a.Version+"!":
		return a.Version, fmt.Errorf("%s: v%s answered %q", h.id, a.Version, a.Result)
	}
	return a.Version, nil
}

func (l *load) note(version string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.answered[version]++
		return
	}
	l.failed[version]++
	if l.why[version] == nil {
		l.why[version] = err
	}
}

// take returns what was since it was taken last.
func (l *load) take() calls {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.calls
	l.calls = newCalls()
	return c
}

// stop makes it end, and returns when the last call was answered.
func (l *load) stop() {
	l.cancel()
	l.calling.Wait()
	l.client.CloseIdleConnections()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
