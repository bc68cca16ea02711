package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/doctor"
	"github.com/hotso/hotso/host/internal/libtest"
)

// through has another command run one: through(cmd, "sh", "-c", `exec "$0" "$@"`).
func through(t *testing.T, cmd *exec.Cmd, by ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(by[0])
	if err != nil {
		t.Skip(err)
	}
	cmd.Args, cmd.Path, cmd.Err = append(by, cmd.Args...), path, nil
	return cmd
}

// inNamespaces runs a command after a script that changes what it sees of the machine, and nobody else does.
func inNamespaces(t *testing.T, cmd *exec.Cmd, script string) *exec.Cmd {
	t.Helper()
	if out, err := exec.Command("unshare", "-Urpmf", "--mount-proc", "sh", "-c", script).CombinedOutput(); err != nil {
		t.Skipf("this machine can't be changed for one command: %s: %v: %s", script, err, out)
	}
	return through(t, cmd, "unshare", "-Urpmf", "--mount-proc", "sh", "-c", script+` && exec "$0" "$@"`)
}

// What a machine may lack, made real for a process; and what doctor calls bad is what a host fails of.
func TestDoctorFindsWhatAMachineLacks(t *testing.T) {
	plainOnly(t)
	library := libtest.Greeter(t, "1")
	loads := func(cmd *exec.Cmd) error {
		cmd.Env = os.Environ()
		return cmd.Run()
	}
	call := func() *exec.Cmd { return exec.Command("hotso", "call", library, "Greet") }
	here := t.TempDir()
	require.NoError(t, loads(call()))
	t.Run("memfd_create", func(t *testing.T) {
		finds(t, through(t, doctorIn(here, nil), "denied", "memfd_create"), "memory", doctor.Bad, "memfd_create: operation not permitted", "seccomp profile")
		fails(t, through(t, call(), "denied", "memfd_create"), "allow memfd_create(2) in the seccomp profile")
	})
	t.Run("addresses", func(t *testing.T) {
		if raceEnabled {
			t.Skip("the race detector needs more than that itself")
		}
		script := `ulimit -v 1900000 && exec "$0" "$@"`
		finds(t, through(t, doctorIn(here, nil), "sh", "-c", script), "limits", doctor.Careful, "RLIMIT_AS is ", "ulimit -v unlimited")
		fails(t, through(t, call(), "sh", "-c", script), "each version reserves about a gigabyte, which it does not use: ulimit -v unlimited")
	})
	t.Run("read-only root", func(t *testing.T) { // is no lack: private copies are in memory
		script := "mount -o remount,bind,ro / && ! touch /hotso-written 2>/dev/null"
		assert.NoError(t, loads(inNamespaces(t, call(), script)))
	})
	t.Run("tgkill", func(t *testing.T) {
		finds(t, through(t, doctorIn(here, nil), "denied", "tgkill"), "signals", doctor.Bad, "tgkill: operation not permitted", "seccomp profile")
		fails(t, through(t, call(), "denied", "tgkill"), "threads do not come back")
	})
	t.Run("process_vm_readv", func(t *testing.T) { // there is another way
		assert.Equal(t, doctor.Good, examined(t, through(t, doctorIn(here, nil), "denied", "process_vm_readv"))["/proc"].Is)
		assert.NoError(t, loads(through(t, call(), "denied", "process_vm_readv")))
	})
	t.Run("memfd_noexec", func(t *testing.T) { // is no lack: nobody executes such a file
		for _, value := range []string{"1", "2"} {
			script := "echo " + value + " > /proc/sys/vm/memfd_noexec"
			finds(t, inNamespaces(t, doctorIn(here, nil), script), "memory", doctor.Good, "code can be mapped", "")
			assert.NoError(t, loads(inNamespaces(t, call(), script)))
		}
	})
	t.Run("noexec", func(t *testing.T) {
		dir := t.TempDir()
		finds(t, inNamespaces(t, doctorIn(here, []string{"TMPDIR=" + dir}), "mount -t tmpfs -o noexec none "+dir),
			"temporary files", doctor.Careful, dir+": code can't be mapped from there", "mount it without noexec")
	})
	t.Run("proc", func(t *testing.T) {
		finds(t, inNamespaces(t, doctorIn(here, nil), "mount -t tmpfs none /proc"), "/proc", doctor.Bad, "/proc/self/maps", "mount proc(5)")
	})
}

// fails has a command fail, and say in one line what to change.
func fails(t *testing.T, cmd *exec.Cmd, mend string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "hotso: ") {
			assert.Contains(t, line, mend)
			return
		}
	}
	assert.Fail(t, "it says nothing", "%s", out)
}

// So is what another build of a host lacks; for a static one see TestStaticallyLinked.
func TestDoctorFindsWhatABuildLacks(t *testing.T) {
	plainOnly(t)
	libtest.Greeter(t, "1") // skips without a C compiler
	program := filepath.Join(t.TempDir(), "hotso")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("it can't be built: %s", out)
	}
	few := doctorIn(t.TempDir(), nil)
	few.Path = program
	few.Env = append(few.Env, "GLIBC_TUNABLES=glibc.rtld.nns=1:glibc.rtld.optional_static_tls=0")
	finds(t, few, "thread storage", doctor.Careful, "built with cgo", "CGO_ENABLED=0")
	enough := doctorIn(t.TempDir(), nil)
	enough.Path = program
	finds(t, enough, "thread storage", doctor.Good, "room for ", "")
}
