//go:build linux && (amd64 || arm64)

/* Descriptors of C code that are no files: of events and timers, received in messages, copied by
 * fcntl, and whatever C code opens by system calls of its own. See file.c. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include "offsets.h"
#include "shim.h"

int __real_epoll_create(int);
int __real_epoll_create1(int);
int __real_eventfd(unsigned, int);
int __real_timerfd_create(int, int);
int __real_signalfd(int, const sigset_t *, int);
int __real_inotify_init(void);
int __real_inotify_init1(int);
int __real_fanotify_init(unsigned, unsigned);
int __real_fcntl(int, int, ...);
void __real_closefrom(int) __attribute__((weak)); /* glibc 2.34, whose symbols need not be there */
ssize_t __real_recvmsg(int, struct msghdr *, int);
int __real_recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *);
long __real_syscall(long, ...);

extern HIDDEN const uint8_t hotso_syscall_kinds[];

enum { PIDFD_OPEN = 434, CLOSE_RANGE = 436 }; /* asm-generic/unistd.h, newer than some libc's */

/* A thread must not be ended between a call that opens something and the note of it. */
#define NOTED(type, call, note)                                                                              \
    hotso_record *busy = hosted() ? busy_begin() : NULL;                                                     \
    type r = call;                                                                                           \
    if (hosted()) {                                                                                          \
        note;                                                                                                \
    }                                                                                                        \
    busy_end(busy);                                                                                          \
    return r;

#define OPEN(call) NOTED(int, call, file_opened(r))

int __wrap_epoll_create(int size) {
    OPEN(__real_epoll_create(size))
}

int __wrap_epoll_create1(int flags) {
    OPEN(__real_epoll_create1(flags))
}

int __wrap_eventfd(unsigned count, int flags) {
    OPEN(__real_eventfd(count, flags))
}

int __wrap_timerfd_create(int clock, int flags) {
    OPEN(__real_timerfd_create(clock, flags))
}

int __wrap_signalfd(int fd, const sigset_t *mask, int flags) {
    if (fd != -1)
        return __real_signalfd(fd, mask, flags); /* changes one that is open */
    OPEN(__real_signalfd(fd, mask, flags))
}

int __wrap_inotify_init(void) {
    OPEN(__real_inotify_init())
}

int __wrap_inotify_init1(int flags) {
    OPEN(__real_inotify_init1(flags))
}

int __wrap_fanotify_init(unsigned flags, unsigned event_flags) {
    OPEN(__real_fanotify_init(flags, event_flags))
}

int __wrap_pidfd_open(pid_t pid, unsigned flags) {
    OPEN((int)__real_syscall(PIDFD_OPEN, pid, flags)) /* glibc 2.36 */
}

/* What follows the command is an int or a pointer, or is not there: it is passed on as it is. */
#define FCNTL(real)                                                                                          \
    va_list more;                                                                                            \
    va_start(more, command);                                                                                 \
    void *arg = va_arg(more, void *);                                                                        \
    va_end(more);                                                                                            \
    if (command != F_DUPFD && command != F_DUPFD_CLOEXEC)                                                    \
        return real(fd, command, arg);                                                                       \
    OPEN(real(fd, command, arg))

int __wrap_fcntl(int fd, int command, ...) {
    FCNTL(__real_fcntl)
}

int __wrap_fcntl64(int fd, int command, ...) {
    FCNTL(__real_fcntl) /* offsets have 64 bits anyway, and glibc before 2.28 has no other */
}

enum { ONLY_MARKS = 4 /* CLOSE_RANGE_CLOEXEC, linux/close_range.h */ };

int __wrap_close_range(unsigned first, unsigned last, int flags) {
    hotso_record *busy = hosted() ? busy_begin() : NULL;
    if (hosted() && !(flags & ONLY_MARKS))
        files_forget(first, last);
    int r = (int)__real_syscall(CLOSE_RANGE, first, last, flags); /* glibc 2.34 */
    busy_end(busy);
    return r;
}

void __wrap_closefrom(int first) {
    hotso_record *busy = hosted() ? busy_begin() : NULL;
    if (hosted())
        files_forget(first < 0 ? 0 : (unsigned)first, ~0U);
    __real_closefrom(first);
    busy_end(busy);
}

void message_opened(const struct msghdr *m) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR((struct msghdr *)m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(0))
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            file_opened(fd);
        }
    }
}

static void messages_opened(const struct mmsghdr *m, long n) {
    for (long i = 0; i < n; i++)
        message_opened(&m[i].msg_hdr);
}

/* The same for one that may wait (wait.c): until it has received something. */
#define NOTED_WAITING(type, name, args, note)                                                                \
    hotso_record *busy = hosted() ? busy_begin() : NULL;                                                     \
    hotso_wait here;                                                                                         \
    hotso_record *waiting = wait_begin(&here, (uintptr_t)__real_##name, 1);                                  \
    type r = __real_##name args;                                                                             \
    wait_end(waiting, &here);                                                                                \
    if (hosted()) {                                                                                          \
        note;                                                                                                \
    }                                                                                                        \
    busy_end(busy);                                                                                          \
    return r;

ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags) {
    NOTED_WAITING(ssize_t, recvmsg, (fd, m, flags), if (r >= 0) message_opened(m))
}

int __wrap_recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout) {
    NOTED_WAITING(int, recvmmsg, (fd, m, n, flags, timeout), messages_opened(m, r))
}

/* What opens one descriptor is noted, and nobody opens more in this way. The rest may wait: for a
 * futex, say. */
long __wrap_syscall(long number, ...) {
    long a[6];
    va_list more;
    va_start(more, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(more, long); /* whoever has given fewer */
    va_end(more);
    uint8_t kind = hosted() && number >= 0 && number < HOTSO_SYSCALLS ? hotso_syscall_kinds[number] : 0;
    if (kind == HOTSO_CLOSES)
        files_forget((unsigned)a[0], (unsigned)a[0]);
    if (kind == HOTSO_CHANGING)
        return process_change(number, a);
    if (kind == HOTSO_OPENS) {
        NOTED(long, __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]), file_opened((int)r))
    }
    hotso_wait here;
    hotso_record *waiting = wait_begin(&here, (uintptr_t)__real_syscall, 0);
    long result = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    wait_end(waiting, &here);
    return result;
}
