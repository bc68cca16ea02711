//go:build unix

package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Activated returns the descriptors that systemd has passed to this process by socket activation
// (LISTEN_FDS, see sd_listen_fds(3)), by their names (FileDescriptorName=), for ProvideFile:
//
//	files, err := host.Activated()
//	...
//	for name, f := range files {
//		options = append(options, host.ProvideFile(name, f))
//	}
//
// Further ones of the same name are called NAME.2, NAME.3 and so on; systemd itself calls what has no
// name after the socket unit, with ".socket", and others say "unknown". Children do not inherit them, nor the
// variables. There are none in a process that was not activated. The files belong to the
// process; each call returns the same ones.
func Activated() (map[string]*os.File, error) { return activatedOnce() }

// firstActivated is SD_LISTEN_FDS_START.
const firstActivated = 3

var activatedOnce = sync.OnceValues(func() (map[string]*os.File, error) {
	files, err := activated(os.Getenv, os.Getpid(), firstActivated)
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"} {
		_ = os.Unsetenv(name)
	}
	return files, err
})

// activated reads the variables. Those of another process mean nothing.
func activated(getenv func(string) string, pid, first int) (map[string]*os.File, error) {
	if getenv("LISTEN_PID") != strconv.Itoa(pid) {
		return nil, nil
	}
	n, err := strconv.Atoi(getenv("LISTEN_FDS"))
	if err != nil || n < 0 {
		return nil, fmt.Errorf("socket activation: LISTEN_FDS is %q", getenv("LISTEN_FDS"))
	}
	var names []string
	if all := getenv("LISTEN_FDNAMES"); all != "" {
		if names = strings.Split(all, ":"); len(names) != n {
			return nil, fmt.Errorf("socket activation: %d names in LISTEN_FDNAMES for %d descriptors", len(names), n)
		}
	}
	files := make(map[string]*os.File, n)
	for i := range n {
		name := "unknown"
		if names != nil {
			name = names[i]
		}
		key := name
		for n := 2; files[key] != nil; n++ {
			key = fmt.Sprintf("%s.%d", name, n)
		}
		syscall.CloseOnExec(first + i)
		files[key] = os.NewFile(uintptr(first+i), key)
	}
	return files, nil
}
