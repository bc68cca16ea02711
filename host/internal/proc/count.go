//go:build linux

package proc

import (
	"bytes"
	"fmt"
	"os"
)

// Usage is what the process takes of the system's resources.
type Usage struct {
	Threads     int    `json:"threads"`
	Mappings    int    `json:"mappings"` // lines of /proc/self/maps
	Descriptors int    `json:"descriptors"`
	RSS         uint64 `json:"rss"`     // bytes in memory
	Virtual     uint64 `json:"virtual"` // bytes of address space
}

// ReadUsage returns the process's usage, without the descriptors that it reads with.
func ReadUsage() (Usage, error) {
	var u Usage
	// The counters of /proc/self/status and statm lag behind by up to some
	// pages for each thread; smaps_rollup walks the page tables.
	roll, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		return u, err
	}
	if _, err := fmt.Sscanf(line(roll, "Rss:"), "%d", &u.RSS); err != nil {
		return u, fmt.Errorf("proc: smaps_rollup: %w", err)
	}
	u.RSS *= 1024
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return u, err
	}
	u.Mappings = bytes.Count(maps, []byte("\n"))
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return u, err
	}
	if _, err := fmt.Sscanf(string(statm), "%d", &u.Virtual); err != nil {
		return u, fmt.Errorf("proc: statm: %w", err)
	}
	u.Virtual *= uint64(os.Getpagesize())
	links, err := Descriptors()
	if err != nil {
		return u, err
	}
	u.Descriptors = len(links)
	threads, err := Threads()
	u.Threads = len(threads)
	return u, err
}

// line returns what follows a name at the beginning of a line.
func line(text []byte, name string) string {
	_, rest, ok := bytes.Cut(text, []byte("\n"+name))
	if !ok {
		return ""
	}
	value, _, _ := bytes.Cut(rest, []byte("\n"))
	return string(bytes.TrimSpace(value))
}
