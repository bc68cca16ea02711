//go:build linux && (amd64 || arm64)

/* Children that C code makes without exec. A child has one thread, and a copy of all
 * memory: the locks of the shim's are as they were in that moment, the threads that it
 * remembers are not there, and the host's dispatch table speaks of the parent. So a child
 * is no host's: the shim passes everything through, as under any other program. What libc
 * starts by itself (posix_spawn, popen, system) runs no code of the library's, and needs
 * nothing of this. */
#define _GNU_SOURCE
#include <errno.h>
#include <pty.h>
#include <sched.h>
#include <stdarg.h>
#include <unistd.h>
#include "shim.h"

pid_t __real_fork(void);
__attribute__((weak)) pid_t __real__Fork(void);
__attribute__((weak)) int __real_forkpty(int *, char *, const struct termios *, const struct winsize *);
int __real_clone(int (*)(void *), void *, int, void *, ...);

static pid_t forked(pid_t pid) {
    if (pid == 0) {
        hotso_load_config.entry = 0;
        become_forked();
    }
    return pid;
}

pid_t __wrap_fork(void) {
    return forked(__real_fork());
}

pid_t __wrap__Fork(void) {
    return forked(__real__Fork());
}

int __wrap_forkpty(int *fd, char *name, const struct termios *t, const struct winsize *w) {
    return forked(__real_forkpty(fd, name, t, w));
}

/* A child of vfork(2) has the parent's memory, and what the shim notes there would be the
 * parent's: a file that the child closes, a wait that it is killed in. POSIX allows that
 * vfork is fork. */
pid_t __wrap_vfork(void) {
    return hosted() ? __wrap_fork() : fork();
}

typedef struct call {
    int (*f)(void *);
    void *arg;
} call;

static int in_child(void *arg) {
    call c = *(call *)arg;
    forked(0);
    return c.f(c.arg);
}

/* A thread that libc does not know can't be joined: nobody could tell when it has run its
 * last instruction of the library's. A child gets memory of its own, as above. */
int __wrap_clone(int (*f)(void *), void *stack, int flags, void *arg, ...) {
    va_list more;
    va_start(more, arg);
    pid_t *parent = va_arg(more, pid_t *);
    void *tls = va_arg(more, void *);
    pid_t *child = va_arg(more, pid_t *);
    va_end(more);
    if (!hosted() || own_code((uintptr_t)__real_clone))
        return __real_clone(f, stack, flags, arg, parent, tls, child);
    if (flags & (CLONE_THREAD | CLONE_SIGHAND) || (flags & CLONE_VM && !(flags & CLONE_VFORK))) {
        errno = ENOTSUP;
        return -1;
    }
    call c = {f, arg};
    return __real_clone(in_child, stack, flags & ~CLONE_VM, &c, parent, tls, child);
}
