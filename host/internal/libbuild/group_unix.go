//go:build unix

package libbuild

import (
	"os/exec"
	"syscall"
)

// ownGroup makes cmd the leader of a process group that is interrupted as a
// whole when its context ends. The function it returns kills what is left of
// the group after a cancelled run; go starts compilers that would go on.
func ownGroup(cmd *exec.Cmd) (end func()) {
	cancelled := false
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		cancelled = true
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	}
	return func() {
		if cancelled {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	}
}
