//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
)

// A hostProcess is one hotso serve.
type hostProcess struct {
	*child
	id, url string

	mu      sync.Mutex
	now     string               // version that serves
	since   time.Time            // when it began to
	ever    map[string]time.Time // versions that served, and when they did last
	refused map[string]bool      // that did not start
}

// startHost starts one, and returns when it says where it listens.
func (f *fleet) startHost(id string) (*hostProcess, error) {
	said, err := os.Create(filepath.Join(f.dir, "logs", id))
	if err != nil {
		return nil, err
	}
	defer said.Close()
	cmd := exec.Command(f.hotso, "serve", "oci://"+f.repository()+":"+channel, "--poll", f.poll.String(), "--cache", filepath.Join(f.dir, "cache"),
		"--host-id", id, "--addr", "127.0.0.1:0", "--json")
	cmd.Env = append(f.environment(), "GOMAXPROCS=1") // each stands for a machine, and they share this one's processors
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h := &hostProcess{id: id, ever: map[string]time.Time{}, refused: map[string]bool{}}
	listens := make(chan string, 1)
	h.child, err = f.children.start(cmd, func() {
		defer close(listens)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20) // the report of a crash is long
		for lines.Scan() {
			var first struct{ Listening string }
			if json.Unmarshal(lines.Bytes(), &first) == nil && first.Listening != "" {
				listens <- first.Listening
			}
			var e host.Event
			if json.Unmarshal(lines.Bytes(), &e) == nil {
				h.see(e)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if h.url = <-listens; h.url == "" {
		<-h.done
		text, _ := os.ReadFile(said.Name())
		return nil, fmt.Errorf("%s did not begin: %w: %s", id, h.err, text)
	}
	return h, nil
}

// see notes what serves.
func (h *hostProcess) see(e host.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e.State {
	case host.Serving:
		h.now, h.since = e.Version, e.Time
		h.ever[e.Version] = e.Time
	case host.Refused, host.Failed, host.Crashed:
		h.refused[e.Version] = true
	}
}

// serves is the version that gets calls, and since when.
func (h *hostProcess) serves() (string, time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now, h.since
}

func (h *hostProcess) hasServed(version string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.ever[version]
	return ok
}

// hasTried reports whether the version was loaded here, whatever became of it.
func (h *hostProcess) hasTried(version string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.ever[version]
	return ok || h.refused[version]
}
