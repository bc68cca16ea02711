//go:build linux

package fieldtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// probeArg has this program be a host for one library.
const probeArg = "-probe"

// A Probe is what became of one unload, and what the process itself has to say.
type Probe struct {
	name    string
	State   host.State    `json:"state"`
	Reason  string        `json:"reason,omitempty"`
	Unload  time.Duration `json:"unload"`            // nanoseconds
	Found   []string      `json:"found,omitempty"`   // by the report
	Left    []string      `json:"left,omitempty"`    // by the report
	More    []string      `json:"more,omitempty"`    // that the process has, and had not before; not in the report
	Crashed []string      `json:"crashed,omitempty"` // likewise, after a crash

	NotCounted []string `json:"not_counted,omitempty"` // by the report: what objects beside the library may have

	// What the host survived, if the version did not go.
	Reloads   int `json:"reloads,omitempty"`
	Crashes   int `json:"crashes,omitempty"`
	Contained int `json:"contained,omitempty"`
}

// Few: versions that stay may compute on, all of them.
const (
	strainReloads = 3
	strainCrashes = 3
)

func probeMain(file string) int {
	p, err := Look(context.Background(), file)
	err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(p))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Look loads the library in a file, calls it, unloads it, and does that again: what the host makes once
// and keeps is there after the first time. Then it crashes it, twice as well.
func Look(ctx context.Context, file string) (p Probe, err error) {
	var before process
	for range 2 {
		if before, err = readProcess(); err != nil {
			return p, err
		}
		lib, err := begin(ctx, file)
		if err != nil {
			return p, err
		}
		report, err := lib.Close(ctx)
		if report == nil {
			return p, err
		}
		p = Probe{name: report.Name, State: report.State, Reason: report.Reason, Unload: report.Took(), NotCounted: report.NotCounted}
		for _, x := range report.Resources {
			if x.Found > 0 {
				p.Found = append(p.Found, fmt.Sprintf("%d %s", x.Found, x.Kind))
			}
			if x.Left > 0 {
				p.Left = append(p.Left, strings.TrimSuffix(fmt.Sprintf("%d %s: %s", x.Left, x.Kind, x.Why), ": "))
			}
		}
		if p.State != host.Unloaded {
			// hotso soak and hotso crash refuse it. It must not take the host along all the same.
			return p, p.strain(ctx, file)
		}
	}
	after, err := readProcess()
	if err != nil {
		return p, err
	}
	p.More = after.since(before)
	for range 2 {
		if before, err = readProcess(); err != nil {
			return p, err
		}
		lib, err := begin(ctx, file)
		if err != nil {
			return p, fmt.Errorf("before a crash: %w", err)
		}
		_, err = lib.Call(ctx, abi.SymDrill, "panic")
		if !errors.Is(err, host.ErrCrashed) {
			return p, fmt.Errorf("the call that crashed it got %w", err)
		}
		if report, err := lib.Close(ctx); err != nil || report.State != host.Unloaded {
			return p, fmt.Errorf("after a crash: %v, %w", report, err)
		}
	}
	if after, err = readProcess(); err != nil {
		return p, err
	}
	p.Crashed = after.since(before)
	return p, nil
}

// begin loads a library, calls it, and lets its threads get to where they usually are.
func begin(ctx context.Context, file string) (*host.Library, error) {
	lib, err := host.Open(ctx, file)
	if err != nil {
		return nil, err
	}
	_, err = lib.Call(ctx, "Work", int64(3))
	time.Sleep(100 * time.Millisecond)
	return lib, err
}

// strain reloads and crashes a library of which each version stays.
func (p *Probe) strain(ctx context.Context, file string) error {
	slot := host.NewSlot(p.name, host.CrashLimit(100, time.Second))
	defer slot.Close(ctx)
	if _, err := slot.Swap(ctx, file); err != nil {
		return fmt.Errorf("while the first version stays: %w", err)
	}
	for range strainReloads {
		if _, err := slot.Call(ctx, "Work", int64(3)); err != nil {
			return err
		}
		if _, err := slot.Swap(ctx, file); err != nil && !errors.Is(err, host.ErrBusy) {
			return err
		}
		p.Reloads++
	}
	for range strainCrashes {
		p.Crashes++
		if _, err := slot.Call(ctx, abi.SymDrill, "panic"); !errors.Is(err, host.ErrCrashed) {
			return fmt.Errorf("the call that crashed it got %w", err)
		}
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			_, err := slot.Call(ctx, "Work", int64(3))
			if err == nil {
				break
			}
			if time.Now().After(end) {
				return err
			}
		}
		p.Contained++
	}
	return nil
}
