package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// devLine is what hotso dev --json prints for each build, and for what happens to versions besides.
type devLine struct {
	Time    time.Time     `json:"time"`
	Name    string        `json:"name"`
	Version string        `json:"version,omitempty"`
	State   string        `json:"state"` // serving, built, failed, vet, or as hotso serve has it
	Files   []string      `json:"files,omitempty"`
	Build   time.Duration `json:"build,omitempty"` // nanoseconds
	Swap    time.Duration `json:"swap,omitempty"`  // nanoseconds

	Handover *host.Handover  `json:"handover,omitempty"` // if the version before had a state, or calls waited
	Timing   []host.StepTime `json:"timing,omitempty"`   // with --timing
	Error    string          `json:"error,omitempty"`
	Mend     string          `json:"mend,omitempty"` // what to do about it
	Page     string          `json:"page,omitempty"` // what hotso help has on it
}

// place is where a tool says that something is wrong, at the beginning of a line.
var place = regexp.MustCompile(`(?m)^(vet: )?(\S+\.(?:go|mod|c|h|cc|cpp)):(\d+)`)

// relative has the places in an error seen from the working directory, where terminals make them links.
// Some tools see them from the package's.
func relative(text string, r dev.Result) string {
	cwd, err := os.Getwd()
	if err != nil {
		return text
	}
	return place.ReplaceAllStringFunc(text, func(found string) string {
		m := place.FindStringSubmatch(found)
		path := m[2]
		if !filepath.IsAbs(path) {
			if _, err := os.Stat(filepath.Join(r.Dir, path)); err == nil {
				path = filepath.Join(r.Dir, path)
			} else if path, err = filepath.Abs(path); err != nil {
				return found
			}
		}
		if short, err := filepath.Rel(cwd, path); err == nil && !strings.HasPrefix(short, "../..") {
			path = short
		}
		return path + ":" + m[3]
	})
}

// text is the line for people. What is not known is left out.
func (d *devLine) text() string {
	text := "1 file"
	if len(d.Files) != 1 {
		text = fmt.Sprintf("%d files", len(d.Files))
	}
	text += "  build " + duration(d.Build)
	if d.Swap > 0 {
		text += "  swap " + duration(d.Swap)
	}
	if h := d.Handover; h != nil && !h.Lost {
		if h.Bytes > 0 {
			text += "  state " + printable.Size(int64(h.Bytes))
		}
		text += fmt.Sprintf("  calls waiting %d", h.Waited)
	}
	return text
}
