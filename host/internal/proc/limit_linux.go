package proc

import (
	"bytes"
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ThreadLimit returns how many threads the system allows the process if no other process
// had any: the least of RLIMIT_NPROC (getrlimit(2); it does not bind root),
// /proc/sys/kernel/threads-max, and pids.max of the process's control groups (v1 and v2,
// the kernel's Documentation/admin-guide/cgroup-v2.rst). What can't be read bounds nothing.
func ThreadLimit() int {
	n := math.MaxInt
	var nproc unix.Rlimit
	if unix.Getuid() != 0 && unix.Getrlimit(unix.RLIMIT_NPROC, &nproc) == nil && nproc.Cur < math.MaxInt {
		n = int(nproc.Cur)
	}
	n = min(n, readLimit("/proc/sys/kernel/threads-max"))
	groups, _ := os.ReadFile("/proc/self/cgroup")
	return min(n, groupLimit(groups, readLimit))
}

// groupLimit is the least pids.max of the groups in text, which is /proc/self/cgroup,
// and of those that they are in.
func groupLimit(text []byte, read func(file string) int) int {
	n := math.MaxInt
	for line := range bytes.Lines(text) {
		// hierarchy:controllers:path, see cgroups(7); v2 has no controllers.
		f := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(f) < 3 {
			continue
		}
		root := "/sys/fs/cgroup"
		switch f[1] {
		case "":
		case "pids":
			root += "/pids"
		default:
			continue
		}
		for dir := path.Clean("/" + f[2]); ; dir = path.Dir(dir) {
			n = min(n, read(path.Join(root, dir, "pids.max")))
			if dir == "/" {
				break
			}
		}
	}
	return n
}

// readLimit reads a file with a number, or "max".
func readLimit(file string) int {
	b, err := readAll(file)
	if err != nil {
		return math.MaxInt
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil || n <= 0 {
		return math.MaxInt
	}
	return n
}
