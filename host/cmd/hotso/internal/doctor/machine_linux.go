package doctor

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/stackcheck"
	"github.com/hotso/hotso/host/internal/tls"
)

const (
	// fewFiles is how many descriptors a host needs at least: about ten for each version, and its own.
	fewFiles = 256
	// fewVersions is how many versions there is room for at least: two of each library while one replaces the
	// other, and those that are kept warm or held.
	fewVersions = 8
	// fewThreads is how many threads: about four for each version, and one for each call that blocks.
	fewThreads = 200
)

func lookAtMachine(f *findings) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	switch runtime.GOARCH {
	case "amd64", "arm64":
		f.good("platform", "%s: versions are unloaded", platform)
	default:
		f.careful("platform", platform+": versions are swapped, and the old ones stay in the process", "use linux/amd64 or linux/arm64 where they must go")
	}
	if err := proc.CheckLibc(dl.Global); err != nil {
		f.bad("C library", err.Error(), "run hosts where glibc is")
	} else {
		f.good("C library", "glibc")
		lookAtRoom(f)
	}
	lookAtProc(f)
	lookAtSignals(f)
	lookAtMemory(f)
	lookAtTemp(f)
	lookAtLimits(f)
}

// lookAtProc: an unload reads what threads, mappings and descriptors there are.
func lookAtProc(f *findings) {
	for _, path := range []string{"/proc/self/maps", "/proc/self/task", "/proc/self/fd"} {
		if _, err := os.Stat(path); err != nil {
			f.bad("/proc", err.Error(), "mount proc(5) where the host runs")
			return
		}
	}
	if err := stackcheck.Ready(); err != nil {
		f.bad("threads", err.Error(), "let the host call process_vm_readv(2), or give it more descriptors")
		return
	}
	f.good("/proc", "threads, mappings and descriptors can be seen")
}

// lookAtMemory: private copies of libraries are files in memory, and their code is mapped from there. The sysctl
// vm.memfd_noexec does not keep anybody from that, whatever its value: it is about execve(2).
func lookAtMemory(f *findings) {
	const thing = "memory"
	fd, err := unix.MemfdCreate("hotso-doctor", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		f.bad(thing, "files in memory can't be made, and each version needs some: memfd_create: "+err.Error(),
			"allow memfd_create(2) in the seccomp profile of the host")
		return
	}
	file := os.NewFile(uintptr(fd), "memfd")
	defer file.Close()
	if err := mapsCode(file); err != nil {
		f.bad(thing, "code can't be mapped from files in memory: "+err.Error(),
			"allow mmap(2) with PROT_EXEC in the host's seccomp profile or SELinux policy, or have the host use host.OnDisk with a directory from where it may")
		return
	}
	if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW); err != nil {
		f.bad(thing, "files in memory can't be sealed: "+err.Error(), "allow fcntl(2) with F_ADD_SEALS, or use a kernel that has it")
		return
	}
	f.good(thing, "code can be mapped from files in memory")
}

// lookAtRoom: each version has a place in the thread-local storage of the process.
func lookAtRoom(f *findings) {
	const thing = "thread storage"
	c, err := tls.Open(dl.Loader{})
	if errors.Is(err, errors.ErrUnsupported) {
		return // the platform says so
	}
	if err != nil {
		f.bad(thing, err.Error(), "build hosts with CGO_ENABLED=0, or start them with "+tls.Tunable)
		return
	}
	few := fmt.Sprintf("room for %d versions at a time in this hotso", c.Slots())
	if c.Slots() < fewVersions {
		f.careful(thing, few+", which was built with cgo", "build it with CGO_ENABLED=0, or start it with "+tls.Tunable)
		return
	}
	f.good(thing, "%s", few)
}

// lookAtSignals: threads of an old version are ended by signals.
func lookAtSignals(f *findings) {
	if err := unix.Tgkill(unix.Getpid(), unix.Getpid(), 0); err != nil {
		f.bad("signals", "threads can't be sent signals: tgkill: "+err.Error(), "allow tgkill(2) in the seccomp profile of the host; old versions do not leave without")
		return
	}
	f.good("signals", "threads can be sent signals")
}

// lookAtTemp: host.OnDisk, and where there are no files in memory.
func lookAtTemp(f *findings) {
	thing := "temporary files"
	file, err := os.CreateTemp("", "hotso-doctor-")
	if err != nil {
		f.careful(thing, err.Error(), "make the directory, or set TMPDIR")
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := mapsCode(file); err != nil {
		f.careful(thing, os.TempDir()+": code can't be mapped from there: "+err.Error(), "mount it without noexec, or set TMPDIR, if hosts use host.OnDisk")
		return
	}
	f.good(thing, "code can be mapped from %s", os.TempDir())
}

// mapsCode says whether code can be mapped from a file.
func mapsCode(file *os.File) error {
	page := os.Getpagesize()
	if err := file.Truncate(int64(page)); err != nil {
		return err
	}
	code, err := unix.Mmap(int(file.Fd()), 0, page, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	return unix.Munmap(code)
}

func lookAtLimits(f *findings) {
	var problems, mends []string
	few := func(resource int, name, option string, least uint64, what string) {
		var limit unix.Rlimit
		if unix.Getrlimit(resource, &limit) == nil && limit.Cur < least {
			problems = append(problems, fmt.Sprintf("%s is %d: %s", name, limit.Cur, what))
			mends = append(mends, "ulimit "+option)
		}
	}
	few(unix.RLIMIT_AS, "RLIMIT_AS", "-v unlimited", math.MaxUint64, "each version reserves about a gigabyte of addresses, which it does not use")
	few(unix.RLIMIT_NOFILE, "RLIMIT_NOFILE", "-n 4096", fewFiles, "each version takes about ten descriptors")
	if n := proc.ThreadLimit(); n < fewThreads {
		problems = append(problems, fmt.Sprintf("%d threads at most: each version takes about four, and one for each call that blocks", n))
		mends = append(mends, "raise ulimit -u, or pids.max of the control group")
	}
	if len(problems) > 0 {
		f.careful("limits", strings.Join(problems, "; "), strings.Join(mends, "; "))
		return
	}
	f.good("limits", "of addresses, descriptors and threads are wide enough")
}
