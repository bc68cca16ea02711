//go:build linux && (amd64 || arm64)

/* What the system calls of the library's Go code do with descriptors and mappings. Go makes
 * them itself, not through libc, but all in one function. In the private copy that function is
 * hotso_syscall, in syscall_amd64.S and syscall_arm64.S, which remembers what the calls
 * open and forgets what they close. The Go runtime's own memory comes through memory.c. */
#include <fcntl.h>
#include <sys/syscall.h>
#include "offsets.h"
#include "shim.h"

/* By number. Calls that are missing here open nothing, or nothing that Go code is expected
 * to open. bpf(2), for one, is missing because some of its results are not descriptors. */
__attribute__((visibility("hidden"))) const uint8_t hotso_syscall_kinds[HOTSO_SYSCALLS] = {
#ifdef SYS_open
    [SYS_open] = HOTSO_OPENS,
    [SYS_creat] = HOTSO_OPENS,
    [SYS_dup2] = HOTSO_REPLACES,
    [SYS_pipe] = HOTSO_OPENS_PAIR,
    [SYS_epoll_create] = HOTSO_OPENS,
    [SYS_eventfd] = HOTSO_OPENS,
    [SYS_signalfd] = HOTSO_OPENS,
    [SYS_inotify_init] = HOTSO_OPENS,
#endif
    [SYS_openat] = HOTSO_OPENS,
    [437] = HOTSO_OPENS, /* openat2; the numbers from 424 on are the same everywhere */
    [SYS_open_by_handle_at] = HOTSO_OPENS,
    [SYS_socket] = HOTSO_OPENS,
    [SYS_accept] = HOTSO_OPENS,
    [SYS_accept4] = HOTSO_OPENS,
    [SYS_dup] = HOTSO_OPENS,
    [SYS_dup3] = HOTSO_REPLACES,
    [SYS_fcntl] = HOTSO_FCNTL,
    [SYS_pipe2] = HOTSO_OPENS_PAIR,
    [SYS_socketpair] = HOTSO_OPENS_SOCKETPAIR,
    [SYS_recvmsg] = HOTSO_RECEIVES,
    [SYS_epoll_create1] = HOTSO_OPENS,
    [SYS_eventfd2] = HOTSO_OPENS,
    [SYS_signalfd4] = HOTSO_OPENS,
    [SYS_timerfd_create] = HOTSO_OPENS,
    [SYS_inotify_init1] = HOTSO_OPENS,
    [SYS_fanotify_init] = HOTSO_OPENS,
    [SYS_memfd_create] = HOTSO_OPENS,
    [SYS_userfaultfd] = HOTSO_OPENS,
    [SYS_perf_event_open] = HOTSO_OPENS,
    [SYS_mq_open] = HOTSO_OPENS,
    [425] = HOTSO_OPENS, /* io_uring_setup */
    [428] = HOTSO_OPENS, /* open_tree */
    [430] = HOTSO_OPENS, /* fsopen */
    [432] = HOTSO_OPENS, /* fsmount */
    [433] = HOTSO_OPENS, /* fspick */
    [434] = HOTSO_OPENS, /* pidfd_open */
    [438] = HOTSO_OPENS, /* pidfd_getfd */
    [447] = HOTSO_OPENS, /* memfd_secret */
    [SYS_recvmmsg] = HOTSO_RECEIVES_MANY,
    [SYS_close] = HOTSO_CLOSES,
    [436] = HOTSO_APART, /* close_range */
    [SYS_mmap] = HOTSO_APART,
    [SYS_munmap] = HOTSO_APART,
    [SYS_mremap] = HOTSO_APART,
#ifdef SYS_setrlimit
    [SYS_setrlimit] = HOTSO_CHANGING,
#endif
    [SYS_chdir] = HOTSO_CHANGING,
    [SYS_fchdir] = HOTSO_CHANGING,
    [SYS_chroot] = HOTSO_CHANGING,
    [SYS_pivot_root] = HOTSO_CHANGING,
    [SYS_unshare] = HOTSO_CHANGING,
    [SYS_setns] = HOTSO_CHANGING,
    [SYS_umask] = HOTSO_CHANGING,
    [SYS_prlimit64] = HOTSO_CHANGING,
    [SYS_setuid] = HOTSO_CHANGING,
    [SYS_setgid] = HOTSO_CHANGING,
    [SYS_setreuid] = HOTSO_CHANGING,
    [SYS_setregid] = HOTSO_CHANGING,
    [SYS_setresuid] = HOTSO_CHANGING,
    [SYS_setresgid] = HOTSO_CHANGING,
    [SYS_setfsuid] = HOTSO_CHANGING,
    [SYS_setfsgid] = HOTSO_CHANGING,
    [SYS_setgroups] = HOTSO_CHANGING,
    [SYS_capset] = HOTSO_CHANGING,
    [SYS_setpriority] = HOTSO_CHANGING,
    [SYS_ioprio_set] = HOTSO_CHANGING,
    [SYS_sched_setaffinity] = HOTSO_CHANGING,
    [SYS_sched_setscheduler] = HOTSO_CHANGING,
    [SYS_sched_setparam] = HOTSO_CHANGING,
    [SYS_sched_setattr] = HOTSO_CHANGING,
    [SYS_setsid] = HOTSO_CHANGING,
    [SYS_setpgid] = HOTSO_CHANGING,
    [SYS_mlockall] = HOTSO_CHANGING,
    [SYS_munlockall] = HOTSO_CHANGING,
    [SYS_personality] = HOTSO_CHANGING,
    [SYS_seccomp] = HOTSO_CHANGING,
    [SYS_prctl] = HOTSO_CHANGING,
};

/* Labels in the assembly: the code between the first and the last keeps track of
 * descriptors, and the system call is made at the second. */
extern const char hotso_syscall_noted[] __attribute__((visibility("hidden")));
extern const char hotso_syscall_made[] __attribute__((visibility("hidden")));
extern const char hotso_syscall_end[] __attribute__((visibility("hidden")));

#if defined(__x86_64__)
enum { SYSCALL_SIZE = 2 };
#else
enum { SYSCALL_SIZE = 4 };
#endif

/* Whether a thread that was interrupted at pc must not be ended there, because what it
 * has opened is not noted yet, or what it has noted is not closed yet. A thread that
 * waits in the system call is in neither state: the kernel either restarts the call or
 * lets it fail with EINTR (signal(7)), and nothing has been opened. */
int noting(uintptr_t pc, uint64_t number, int64_t result) {
    uintptr_t made = (uintptr_t)hotso_syscall_made;
    if (pc < (uintptr_t)hotso_syscall_noted || pc >= (uintptr_t)hotso_syscall_end)
        return 0;
    if (pc == made)
        return number == SYS_close;
    return pc != made + SYSCALL_SIZE || result != -4; /* EINTR */
}
