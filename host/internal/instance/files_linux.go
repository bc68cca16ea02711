package instance

import (
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/filelimit"
)

// filesOfChildren is the soft limit of open files that children of the host get, 0 if it is the
// host's own: those of a library get the same, see cabi/process.c.
func filesOfChildren() uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return filelimit.Raised(limit.Cur, limit.Max)
}
