//go:build linux

package fieldtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A process is what the kernel says of this one, beyond what a soak counts.
type process struct {
	handlers uint64 // signals that are caught, a bit each
	ignored  uint64 // or ignored
	locked   string // memory
	timers   int    // of timer_create(2) and setitimer(2)
	locks    int    // of files
	files    map[string]int
	wide     map[string]string // what there is once in a process
}

func readProcess() (p process, err error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return p, err
	}
	p.wide = map[string]string{}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "SigCgt":
			p.handlers, err = strconv.ParseUint(value, 16, 64)
		case "SigIgn":
			p.ignored, err = strconv.ParseUint(value, 16, 64)
		case "VmLck":
			p.locked = value
		case "Umask", "Uid", "Gid", "Groups", "Seccomp", "NoNewPrivs", "CapBnd":
			p.wide[key] = value
		}
		if err != nil {
			return p, err
		}
	}
	if p.wide["limits"], err = read("/proc/self/limits"); err != nil {
		return p, err
	}
	if p.wide["directory"], err = os.Getwd(); err != nil {
		return p, err
	}
	if timers, err := os.ReadFile("/proc/self/timers"); err == nil { // a kernel may not have it
		p.timers = bytes.Count(timers, []byte("ID: "))
	}
	for _, which := range []unix.ItimerWhich{unix.ItimerReal, unix.ItimerVirtual, unix.ItimerProf} {
		if it, err := unix.Getitimer(which); err == nil && it.Value != (unix.Timeval{}) {
			p.timers++
		}
	}
	p.files = map[string]int{}
	infos, err := filepath.Glob("/proc/self/fdinfo/*")
	for _, info := range infos {
		to, err := os.Readlink("/proc/self/fd/" + filepath.Base(info))
		if err != nil { // the one that read the directory
			continue
		}
		kind, _, _ := strings.Cut(to, ":[")
		p.files[kind]++
		text, _ := read(info)
		p.locks += strings.Count(text, "lock:")
	}
	return p, err
}

func read(file string) (string, error) {
	text, err := os.ReadFile(file)
	return string(text), err
}

// since lists what p has more than before.
func (p process) since(before process) (more []string) {
	for sig := range 64 {
		if bit := uint64(1) << sig; (p.handlers^before.handlers)&bit != 0 || (p.ignored^before.ignored)&bit != 0 {
			more = append(more, fmt.Sprintf("another handler of signal %d", sig+1))
		}
	}
	if n := p.timers - before.timers; n > 0 {
		more = append(more, fmt.Sprintf("%d timers", n))
	}
	if n := p.locks - before.locks; n > 0 {
		more = append(more, fmt.Sprintf("%d locks", n))
	}
	if p.locked != before.locked {
		more = append(more, fmt.Sprintf("locked memory: %s, before %s", p.locked, before.locked))
	}
	for key, value := range p.wide {
		if before.wide[key] != value {
			more = append(more, "other "+key)
		}
	}
	for kind, n := range p.files {
		if n > before.files[kind] {
			more = append(more, fmt.Sprintf("%d of %s", n-before.files[kind], kind))
		}
	}
	return more
}
