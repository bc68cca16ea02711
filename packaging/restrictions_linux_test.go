package packaging

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	profiles "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// known leaves out the system calls that this architecture does not have.
func known(t *testing.T, names []string) (here []string) {
	t.Helper()
	info, err := arch.GetInfo("")
	require.NoError(t, err)
	for _, name := range names {
		if _, ok := info.SyscallNames[name]; ok {
			here = append(here, name)
		}
	}
	slices.Sort(here)
	return slices.Compact(here)
}

// systemCalls are those of a set of systemd's, such as @system-service.
func systemCalls(t *testing.T, set string) (names []string) {
	t.Helper()
	out, err := exec.Command("systemd-analyze", "syscall-filter", set).Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		name := strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, " ") || strings.HasPrefix(name, "#"):
		case strings.HasPrefix(name, "@"):
			names = append(names, systemCalls(t, name)...)
		default:
			names = append(names, name)
		}
	}
	return names
}

// underSystemd is what hotso@.service has the kernel refuse.
func underSystemd(t *testing.T) restriction {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze, which knows systemd's sets of system calls: ", err)
	}
	allowed := known(t, systemCalls(t, "@system-service"))
	require.Greater(t, len(allowed), 200)
	require.NotContains(t, allowed, "perf_event_open")
	return restriction{DenyExec: true, Filter: seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls:      append(writeOrExecute(), seccomp.SyscallGroup{Action: seccomp.ActionAllow, Names: allowed}),
	}}
}

// writeOrExecute is the filter of MemoryDenyWriteExecute=, which systemd sets beside PR_SET_MDWE.
func writeOrExecute() []seccomp.SyscallGroup {
	exec := seccomp.Condition{Argument: 2, Operation: seccomp.BitsSet, Value: unix.PROT_EXEC}
	write := seccomp.Condition{Argument: 2, Operation: seccomp.BitsSet, Value: unix.PROT_WRITE}
	return []seccomp.SyscallGroup{{Action: seccomp.ActionErrno, NamesWithCondtions: []seccomp.NameWithConditions{
		{Name: "mmap", Conditions: seccomp.ArgumentConditions{exec, write}},
		{Name: "mprotect", Conditions: seccomp.ArgumentConditions{exec}},
		{Name: "pkey_mprotect", Conditions: seccomp.ArgumentConditions{exec}},
	}}}
}

// underDocker is Docker's default profile, for a container with Docker's default capabilities.
func underDocker(t *testing.T) restriction {
	capabilities := []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
		"CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"}
	profile, err := profiles.GetDefaultProfile(&specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: capabilities}}})
	require.NoError(t, err)
	require.Equal(t, specs.ActErrno, profile.DefaultAction)
	r := restriction{Filter: seccomp.Policy{DefaultAction: seccomp.ActionErrno}}
	for _, rule := range profile.Syscalls {
		group := seccomp.SyscallGroup{Action: seccomp.ActionAllow}
		if rule.Action == specs.ActErrno && rule.ErrnoRet != nil {
			group.Action = seccomp.ActionErrno | seccomp.Action(*rule.ErrnoRet)
		} else {
			require.Equal(t, specs.ActAllow, rule.Action, "%v", rule)
		}
		names := known(t, rule.Names)
		if len(rule.Args) == 0 {
			group.Names = names
		}
		for _, name := range names[:min(len(names), len(names)*len(rule.Args))] {
			var all seccomp.ArgumentConditions
			for _, arg := range rule.Args {
				c := seccomp.Condition{Argument: uint32(arg.Index), Value: arg.Value}
				switch arg.Op {
				case specs.OpEqualTo:
					c.Operation = seccomp.Equal
				case specs.OpNotEqual:
					c.Operation = seccomp.NotEqual
				case specs.OpLessThan:
					c.Operation = seccomp.LessThan
				case specs.OpGreaterThan:
					c.Operation = seccomp.GreaterThan
				case specs.OpMaskedEqual:
					require.Zero(t, arg.ValueTwo)
					c.Operation = seccomp.BitsNotSet
				default:
					require.Fail(t, "an operation that is new", "%v", rule)
				}
				all = append(all, c)
			}
			group.NamesWithCondtions = append(group.NamesWithCondtions, seccomp.NameWithConditions{Name: name, Conditions: all})
		}
		if len(names) > 0 {
			r.Filter.Syscalls = append(r.Filter.Syscalls, group)
		}
	}
	return r
}

// Versions are loaded, called, crashed and unloaded under the restrictions that services and containers have.
func TestRestrictions(t *testing.T) {
	for name, under := range map[string]func(*testing.T) restriction{"systemd": underSystemd, "docker": underDocker} {
		t.Run(name, func(t *testing.T) {
			r := under(t)
			for _, args := range [][]string{
				{"call", library, "Greet"},
				{"soak", library, "--call", "Add 1 2", "--reloads", "30"},
				{"crash", library, "--kind", "all", "--times", "13"},
			} {
				out, err := r.command(t, args...).CombinedOutput()
				assert.NoError(t, err, "hotso %v: %s", args, out)
			}
			out, err := r.command(t, "doctor", "--json").Output()
			var found []struct{ Thing, Is, Detail string }
			require.NoError(t, json.Unmarshal(out, &found), "%v: %s", err, out)
			require.NotEmpty(t, found)
			for _, f := range found {
				switch f.Thing {
				case "platform", "C library", "thread storage", "/proc", "signals", "memory":
					assert.Equal(t, "good", f.Is, "%v", f)
				}
			}
		})
	}
}

// A restriction restricts: what is refused here is not there.
func TestRestrictionsRestrict(t *testing.T) {
	r := underDocker(t)
	r.Filter.Syscalls = append([]seccomp.SyscallGroup{{Action: seccomp.ActionErrno, Names: []string{"memfd_create"}}}, r.Filter.Syscalls...)
	for i, group := range r.Filter.Syscalls[1:] {
		r.Filter.Syscalls[i+1].Names = slices.DeleteFunc(group.Names, func(name string) bool { return name == "memfd_create" })
	}
	out, err := r.command(t, "call", library, "Greet").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "allow memfd_create(2) in the seccomp profile")
}
