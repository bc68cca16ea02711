//go:build linux

package fieldtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotso/hotso/host"
)

// A SoakResult is the fields of what hotso soak prints that the table is made of.
type SoakResult struct {
	Reloads  int           `json:"reloads"`
	Failed   int64         `json:"failed"`
	Failure  string        `json:"failure"`
	Unload   time.Duration `json:"unload"`
	Start    Sample        `json:"start"`
	End      Sample        `json:"end"`
	RSSSlope float64       `json:"rss_slope"`
	Leaks    []string      `json:"leaks"`
}

// A CrashResult is the same of hotso crash.
type CrashResult struct {
	Crashes int    `json:"crashes"`
	Start   Sample `json:"start"`
	End     Sample `json:"end"`
	Lost    int64  `json:"lost"`
	Kinds   []struct {
		Contained int `json:"contained"`
	} `json:"kinds"`
	Leaks    []string `json:"leaks"`
	Failures []string `json:"failures"`
}

func (c *CrashResult) contained() (n int) {
	for _, k := range c.Kinds {
		n += k.Contained
	}
	return n
}

// A Sample is what a process had.
type Sample struct {
	Reload      int    `json:"reload"`
	Threads     int    `json:"threads"`
	Own         int    `json:"own_threads"`
	Mappings    int    `json:"mappings"`
	Descriptors int    `json:"descriptors"`
	CHeap       uint64 `json:"c_heap"`
}

// An ending is how a command ended.
type ending struct {
	died  string // by a signal, or a fatal error of its runtime; empty: it did not
	error string // what it said
}

// command runs one, keeps what it prints, and reads its JSON. A host that hangs is ended.
func (r *runner) command(whole context.Context, name string, limit time.Duration, into any, args ...string) ending {
	ctx, cancel := context.WithTimeout(whole, limit)
	defer cancel()
	temp, err := os.MkdirTemp("", r.Name)
	if err != nil {
		return ending{error: err.Error()}
	}
	defer os.RemoveAll(temp)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp) // where the library has its files
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	// For whoever wants to know more than the table has.
	_ = os.WriteFile(filepath.Join(r.dir, name+".json"), stdout.Bytes(), 0o666)
	_ = os.WriteFile(filepath.Join(r.dir, name+".txt"), stderr.Bytes(), 0o666)
	said := ""
	if err != nil {
		said = strings.TrimPrefix(last(stderr.Bytes(), err), "hotso: ")
	}
	switch {
	case whole.Err() != nil: // we are told to stop: says nothing of the library, and run prints no row
		return ending{}
	case ctx.Err() != nil:
		return ending{died: fmt.Sprintf("did not end in %v", limit)}
	case err == nil:
	case cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1:
		return ending{died: err.Error()}
	}
	if stdout.Len() > 0 {
		if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
			said = err.Error()
		}
	}
	return ending{error: said}
}

// measure does all with a library.
func (r *runner) measure(ctx context.Context, l Library, file string) *Row {
	w := &Row{Library: l}
	w.probeEnd = r.command(ctx, l.Name+".probe", time.Minute, &w.Probe, r.self, probeArg, file)
	if w.probeEnd.died == "" && w.Probe.State != host.Unloaded {
		return w // hotso soak and hotso crash refuse it
	}
	soak := []string{r.hotso, "soak", file, "--call", "Work 1", "--reloads", fmt.Sprint(r.reloads), "--for", r.limit.String(),
		"--overlap", "--traffic", "2", "--json"}
	crash := []string{r.hotso, "crash", file, "--times", fmt.Sprint(r.crashes), "--json"}
	if r.reclaim {
		soak, crash = append(soak, "--reclaim"), append(crash, "--reclaim")
	}
	w.soakEnd = r.command(ctx, l.Name+".soak", r.limit+2*time.Minute, &w.Soak, soak...)
	w.crashEnd = r.command(ctx, l.Name+".crash", r.limit+time.Minute, &w.Crash, crash...)
	return w
}
