//go:build linux && (amd64 || arm64)

/* What there is once in a process: its directory, umask, limits, environment, ids. A library that
 * changes one changes it for the host and all other libraries, and it stays so when the library
 * goes. Nobody can tell what it was to be otherwise, so nothing is undone; the report says what was
 * changed, and how often.
 *
 * What the kernel keeps for each thread matters too if the thread is the host's: a call into the
 * library runs on the thread that calls, so sched_setaffinity(2) in it is for good.
 *
 * Go code makes system calls, and they come here through apart.c; a child of it does not
 * (syscall_amd64.S). C code calls libc, and so does the Go runtime for os.Setenv and for user and group
 * ids, which libc sets for all threads of the process. */
#define _GNU_SOURCE
#include <grp.h>
#include <linux/prctl.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "shim.h"

long __real_syscall(long, ...);

enum { IO_OF_THREAD = 1 }; /* IOPRIO_WHO_PROCESS, which has no header in some systems */

static uint32_t changes[HOTSO_CHANGES];

void process_changed(hotso_unload_report *report) {
    report->changes = changes;
    report->changes_n = HOTSO_CHANGES;
}

void process_note(int kind) {
    if (contained())
        __atomic_fetch_add(&changes[kind], 1, __ATOMIC_RELAXED);
}

/* Notes a change that is of one thread, unless that is one of the library's. id: 0 for this one. */
static void note_thread(int kind, pid_t id) {
    int own = id == 0 && on_own_thread();
    for (hotso_thread *t = id ? thread_list() : NULL; t; t = t->next)
        own |= t->tid == id && __atomic_load_n(&t->state, __ATOMIC_ACQUIRE) != THREAD_UNUSED;
    if (!own)
        process_note(kind);
}

/* Who asks only gives no new limit. */
static void note_limit(pid_t of, const void *limit) {
    if (limit && (of == 0 || of == hotso_process))
        process_note(HOTSO_CHANGED_LIMITS);
}

/* Notes a priority of one thread, whose id is who, or of several processes. */
static void note_priority(int of_thread, pid_t who) {
    if (of_thread)
        note_thread(HOTSO_CHANGED_SCHEDULING, who);
    else
        process_note(HOTSO_CHANGED_SCHEDULING);
}

static void note_prctl(int option) {
    switch (option) {
    case PR_SET_DUMPABLE:
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_THP_DISABLE:
    case PR_SET_MM:
        process_note(HOTSO_CHANGED_ATTRIBUTES);
        break;
    case PR_SET_SECCOMP:
    case PR_SET_NO_NEW_PRIVS:
    case PR_SET_SECUREBITS:
    case PR_SET_KEEPCAPS:
    case PR_SET_TIMERSLACK:
    case PR_CAPBSET_DROP:
        note_thread(HOTSO_CHANGED_ATTRIBUTES, 0);
    }
}

/* Notes what a system call of Go code has changed. */
static void note_call(long number, const long *a) {
    switch (number) {
    case SYS_chdir:
    case SYS_fchdir:
        process_note(HOTSO_CHANGED_DIRECTORY);
        break;
    case SYS_chroot:
    case SYS_pivot_root:
        process_note(HOTSO_CHANGED_NAMESPACES);
        break;
    case SYS_unshare:
    case SYS_setns:
        note_thread(HOTSO_CHANGED_NAMESPACES, 0);
        break;
    case SYS_umask:
        process_note(HOTSO_CHANGED_UMASK);
        break;
#ifdef SYS_setrlimit
    case SYS_setrlimit:
        process_note(HOTSO_CHANGED_LIMITS);
        break;
#endif
    case SYS_prlimit64:
        note_limit((pid_t)a[0], (const void *)a[2]);
        break;
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_setfsuid:
    case SYS_setfsgid:
    case SYS_setgroups:
    case SYS_capset:
        note_thread(HOTSO_CHANGED_IDS, 0);
        break;
    case SYS_setpriority:
        note_priority(a[0] == PRIO_PROCESS, (pid_t)a[1]); /* which is a thread */
        break;
    case SYS_ioprio_set:
        note_priority(a[0] == IO_OF_THREAD, (pid_t)a[1]);
        break;
    case SYS_sched_setaffinity:
    case SYS_sched_setscheduler:
    case SYS_sched_setparam:
    case SYS_sched_setattr:
        note_thread(HOTSO_CHANGED_SCHEDULING, (pid_t)a[0]);
        break;
    case SYS_setsid:
    case SYS_setpgid:
        process_note(HOTSO_CHANGED_SESSION);
        break;
    case SYS_mlockall:
    case SYS_munlockall:
        process_note(HOTSO_CHANGED_LOCKS);
        break;
    case SYS_personality:
        if ((unsigned)a[0] != ~0U) /* which asks */
            note_thread(HOTSO_CHANGED_ATTRIBUTES, 0);
        break;
    case SYS_seccomp:
        note_thread(HOTSO_CHANGED_ATTRIBUTES, 0);
        break;
    case SYS_prctl:
        note_prctl((int)a[0]);
    }
}

enum { NOT_ASKED, ASKED, RAISED };

/* Package syscall asks for the limit of open files when it starts, raises it, and gives children what
 * it found (syscall/rlimit.go, go.dev/issue/46279). Here the host's runtime has raised it, so the
 * library's is told what that found. It raises nothing: the limit is the host's. Returns whether r is
 * the result. apart.c's lock is held. */
static int answers_start(long number, const long *a, long *r) {
    static int state;
    if (state == RAISED || number != SYS_prlimit64 || a[0] != 0 || a[1] != RLIMIT_NOFILE)
        return 0;
    struct rlimit64 *found = (struct rlimit64 *)a[3];
    if (state == ASKED && a[2]) {
        state = RAISED;
        *r = 0;
        return 1;
    }
    if (state == ASKED || a[2] || !found)
        return 0;
    state = RAISED;
    *r = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (*r != 0)
        return 1;
    uint64_t files = hotso_load_config.files;
    if (files && files < found->rlim_cur)
        found->rlim_cur = files;
    if (found->rlim_max > 0 && found->rlim_cur < found->rlim_max - 1)
        state = ASKED; /* it raises the limit only then */
    return 1;
}

long process_change(long number, const long *a) {
    long r;
    if (answers_start(number, a, &r))
        return r;
    r = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (r != -1)
        note_call(number, a);
    return r;
}

/* A library may have a function of its own of that name. */
static void note(int kind, uintptr_t real) {
    if (!own_code(real))
        process_note(kind);
}

/* A function of libc's that returns something else than failed if it has changed something. */
#define CHANGES(kind, type, name, params, args, failed)                                                      \
    type __real_##name params;                                                                               \
    type __wrap_##name params;                                                                               \
    type __wrap_##name params {                                                                              \
        type r = __real_##name args;                                                                         \
        if (r != (failed))                                                                                   \
            note(HOTSO_CHANGED_##kind, (uintptr_t)__real_##name);                                            \
        return r;                                                                                            \
    }

CHANGES(DIRECTORY, int, chdir, (const char *path), (path), -1)
CHANGES(DIRECTORY, int, fchdir, (int fd), (fd), -1)
CHANGES(NAMESPACES, int, chroot, (const char *path), (path), -1)
CHANGES(UMASK, mode_t, umask, (mode_t mask), (mask), (mode_t)-1)
CHANGES(LIMITS, int, setrlimit, (__rlimit_resource_t what, const struct rlimit *limit), (what, limit), -1)
CHANGES(LIMITS, int, setrlimit64, (__rlimit_resource_t what, const struct rlimit64 *limit), (what, limit), -1)
CHANGES(ENVIRONMENT, int, setenv, (const char *name, const char *value, int over), (name, value, over), -1)
CHANGES(ENVIRONMENT, int, unsetenv, (const char *name), (name), -1)
CHANGES(ENVIRONMENT, int, clearenv, (void), (), -1)
CHANGES(IDS, int, setuid, (uid_t id), (id), -1)
CHANGES(IDS, int, setgid, (gid_t id), (id), -1)
CHANGES(IDS, int, seteuid, (uid_t id), (id), -1)
CHANGES(IDS, int, setegid, (gid_t id), (id), -1)
CHANGES(IDS, int, setreuid, (uid_t real, uid_t effective), (real, effective), -1)
CHANGES(IDS, int, setregid, (gid_t real, gid_t effective), (real, effective), -1)
CHANGES(IDS, int, setresuid, (uid_t real, uid_t effective, uid_t saved), (real, effective, saved), -1)
CHANGES(IDS, int, setresgid, (gid_t real, gid_t effective, gid_t saved), (real, effective, saved), -1)
CHANGES(IDS, int, setgroups, (size_t n, const gid_t *ids), (n, ids), -1)
CHANGES(IDS, int, initgroups, (const char *user, gid_t id), (user, id), -1)
CHANGES(SESSION, pid_t, setsid, (void), (), -1)
CHANGES(SESSION, int, setpgid, (pid_t pid, pid_t group), (pid, group), -1)
CHANGES(LOCKS, int, mlockall, (int flags), (flags), -1)
CHANGES(LOCKS, int, munlockall, (void), (), -1)

char *__real_setlocale(int, const char *);
int __real_nice(int);
int __real_setpriority(__priority_which_t, id_t, int);
int __real_sched_setaffinity(pid_t, size_t, const cpu_set_t *);
int __real_sched_setscheduler(pid_t, int, const struct sched_param *);
int __real_sched_setparam(pid_t, const struct sched_param *);
int __real_pthread_setaffinity_np(pthread_t, size_t, const cpu_set_t *);
int __real_pthread_setschedparam(pthread_t, int, const struct sched_param *);
int __real_unshare(int);
int __real_setns(int, int);
int __real_prctl(int, ...);

/* It asks if there is no name. */
char *__wrap_setlocale(int category, const char *name) {
    char *r = __real_setlocale(category, name);
    if (r && name)
        note(HOTSO_CHANGED_LOCALE, (uintptr_t)__real_setlocale);
    return r;
}

#define PRLIMIT(name, type)                                                                                  \
    int __real_##name(pid_t, enum __rlimit_resource, const struct type *, struct type *);                    \
    int __wrap_##name(pid_t, enum __rlimit_resource, const struct type *, struct type *);                    \
    int __wrap_##name(pid_t of, enum __rlimit_resource what, const struct type *limit, struct type *old) {   \
        int r = __real_##name(of, what, limit, old);                                                         \
        if (r == 0)                                                                                          \
            note_limit(of, limit);                                                                           \
        return r;                                                                                            \
    }

PRLIMIT(prlimit, rlimit)
PRLIMIT(prlimit64, rlimit64)

/* For note_thread; no thread has the id -1. */
static pid_t own_id(pthread_t thread) {
    pid_t id = thread_id(thread);
    return id ? id : -1;
}

/* The same for what is of a thread. id is its, 0 for the calling one. */
#define OF_THREAD(kind, name, params, args, id)                                                              \
    int __wrap_##name params {                                                                               \
        int r = __real_##name args;                                                                          \
        if (r == 0)                                                                                          \
            note_thread(HOTSO_CHANGED_##kind, id);                                                           \
        return r;                                                                                            \
    }

OF_THREAD(NAMESPACES, unshare, (int flags), (flags), 0)
OF_THREAD(NAMESPACES, setns, (int fd, int kind), (fd, kind), 0)
OF_THREAD(SCHEDULING, sched_setaffinity, (pid_t id, size_t n, const cpu_set_t *set), (id, n, set), id)
OF_THREAD(SCHEDULING, sched_setscheduler, (pid_t id, int policy, const struct sched_param *param),
          (id, policy, param), id)
OF_THREAD(SCHEDULING, sched_setparam, (pid_t id, const struct sched_param *param), (id, param), id)
OF_THREAD(SCHEDULING, pthread_setaffinity_np, (pthread_t thread, size_t n, const cpu_set_t *set),
          (thread, n, set), own_id(thread))
OF_THREAD(SCHEDULING, pthread_setschedparam, (pthread_t thread, int policy, const struct sched_param *param),
          (thread, policy, param), own_id(thread))

/* It may return -1 and have succeeded. */
int __wrap_nice(int by) {
    int r = __real_nice(by);
    note_thread(HOTSO_CHANGED_SCHEDULING, 0);
    return r;
}

int __wrap_setpriority(__priority_which_t which, id_t who, int priority) {
    int r = __real_setpriority(which, who, priority);
    if (r == 0)
        note_priority(which == PRIO_PROCESS, (pid_t)who);
    return r;
}

int __wrap_prctl(int option, ...) {
    unsigned long a[4];
    va_list more;
    va_start(more, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(more, unsigned long); /* whoever has given fewer */
    va_end(more);
    int r = __real_prctl(option, a[0], a[1], a[2], a[3]);
    if (r >= 0)
        note_prctl(option);
    return r;
}
