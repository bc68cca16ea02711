package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mappedKiB returns how much of the file at path this process has mapped, by
// base name. See proc_pid_maps(5).
func mappedKiB(path string) int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		fmt.Fprintln(os.Stderr, "host: read the mappings:", err)
		os.Exit(1)
	}
	var bytes uint64
	for line := range strings.Lines(string(maps)) {
		// The kernel marks the file so once its last name is gone, which
		// renaming another file over it brings about.
		line = strings.TrimSuffix(strings.TrimSpace(line), " (deleted)")
		if !strings.HasSuffix(line, "/"+filepath.Base(path)) {
			continue
		}
		var start, end uint64
		if _, err := fmt.Sscanf(line, "%x-%x", &start, &end); err != nil {
			fmt.Fprintf(os.Stderr, "host: parse the mapping %q: %v\n", line, err)
			os.Exit(1)
		}
		bytes += end - start
	}
	return int(bytes / 1024)
}
