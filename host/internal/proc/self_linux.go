package proc

import (
	"os"
	"path/filepath"
	"sync"
)

// Self is this process's directory in /proc by its number there, which a namespace may make another than
// os.Getpid says. It is for names that others read as well: a debugger opens the objects that the dynamic
// linker lists, and /proc/self/fd/5 is a file of its own. gdb 13 that found one of its pipes there waited for ever.
var Self = sync.OnceValue(func() string {
	if pid, err := os.Readlink("/proc/self"); err == nil {
		return filepath.Join("/proc", pid)
	}
	return "/proc/self"
})
