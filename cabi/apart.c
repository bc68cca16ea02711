//go:build linux && (amd64 || arm64)

/* System calls of the library's Go code that need more than a note: those that map and unmap,
 * whose record is memory.c's, those that open or close many descriptors at once, the timers of profiler.c,
 * and what changes the process, see process.c. They are rare, and C needs more stack than a goroutine may
 * have. So hotso_syscall calls hotso_apart on a stack that is there once, for whoever holds its lock, and
 * marks the thread as busy. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "offsets.h"
#include "shim.h"

HIDDEN hotso_lock hotso_apart_lock;
HIDDEN char hotso_apart_stack[HOTSO_APART_STACK] __attribute__((aligned(16)));
HIDDEN long hotso_apart(const long *call);

void *__wrap_mmap(void *, size_t, int, int, int, off_t);
int __wrap_munmap(void *, size_t);
void *__wrap_mremap(void *, size_t, size_t, int, ...);
long __real_syscall(long, ...);

enum { CLOSE_RANGE = 436, ONLY_MARKS = 4 /* CLOSE_RANGE_CLOEXEC, linux/close_range.h */ };

static long result(long r) {
    return r == -1 ? -errno : r;
}

/* call: the number, six arguments, and the result of recvmmsg, which was made. Returns what
 * the kernel does. */
long hotso_apart(const long *call) {
    const long *a = call + 1;
    switch (call[0]) {
    case SYS_mmap:
        return result((long)__wrap_mmap((void *)a[0], (size_t)a[1], (int)a[2], (int)a[3], (int)a[4], a[5]));
    case SYS_munmap:
        return result(__wrap_munmap((void *)a[0], (size_t)a[1]));
    case SYS_mremap:
        return result((long)__wrap_mremap((void *)a[0], (size_t)a[1], (size_t)a[2], (int)a[3], (void *)a[4]));
    case SYS_timer_create:
    case SYS_timer_delete:
    case SYS_setitimer:
        return profiler_timer(call[0], a);
    case CLOSE_RANGE:
        if (!(a[2] & ONLY_MARKS))
            files_forget((unsigned)a[0], (unsigned)a[1]);
        return result(__real_syscall(CLOSE_RANGE, a[0], a[1], a[2]));
    case SYS_recvmmsg:
        for (long i = 0; i < call[7]; i++)
            message_opened(&((const struct mmsghdr *)a[1])[i].msg_hdr);
        return call[7];
    }
    return result(process_change(call[0], a)); /* syscall.c lists no other */
}
