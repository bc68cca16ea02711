//go:build linux && (amd64 || arm64)

/* Functions of libc that end the process, called by the library's own code: they end the
 * library, as the ways out of its Go runtime in crash_amd64.S do. Its C code calls them when
 * it can't go on, and the C part of the Go runtime calls abort(3) when it gets no thread
 * (runtime/cgo, fatalf). libc's own call of abort(3) still ends the process: its heap is
 * damaged, which the host uses too. What libc aborts for although nothing is damaged is found
 * before it is called: blocks.c, fortify.c. A child of C code's ends as well: the library is alive
 * in its parent. */
#define _GNU_SOURCE
#include <err.h>
#include <error.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "offsets.h"
#include "shim.h"

_Noreturn void __real_abort(void);
_Noreturn void __real_exit(int);
_Noreturn void __real__exit(int);
_Noreturn void __real_quick_exit(int);
void __real_error(int, int, const char *, ...);
void __real_error_at_line(int, int, const char *, unsigned, const char *, ...);
int __real_daemon(int, int);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);

int contained(void) {
    return hosted() && getpid() == hotso_process;
}

/* The host reads it when it learns of the end. Of two threads that end the library at the
 * same time, the first says why. */
static void say(const char *format, va_list args) {
    static uint32_t said;
    char text[512];
    if (entry()->crash_message < 0 || __atomic_exchange_n(&said, 1, __ATOMIC_ACQ_REL))
        return;
    int n = vsnprintf(text, sizeof text, format, args);
    if (n >= (int)sizeof text)
        n = sizeof text - 1;
    (void)!write(entry()->crash_message, text, (size_t)n);
}

/* Whether this thread is in a key's destructor (key.c), after that of the Go runtime's key. Whoever unloads
 * the library waits for the thread's end, and does not signal it any more. */
static int ends_itself(hotso_record *r) {
    return r->owner == hotso_load_config.owner && !r->thread && !has_g(r) && ejectable(r);
}

static _Noreturn void end_with(uint32_t how, const char *why, va_list args) {
    uint32_t alive = 0;
    if (__atomic_load_n(&hotso_leaving, __ATOMIC_ACQUIRE) && on_own_thread()) {
        exits_failed(why, args);
        thread_leave();
    }
    if (!__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE))
        say(why, args);
    __atomic_compare_exchange_n(&entry()->crashed, &alive, how | HOTSO_CRASH_BY_C, 0, __ATOMIC_ACQ_REL,
                                __ATOMIC_RELAXED);
    sigset_t kill;
    sigemptyset(&kill);
    sigaddset(&kill, HOTSO_KILL_SIGNAL);
    __real_pthread_sigmask(SIG_UNBLOCK, &kill, NULL);
    uint64_t one = 1;
    (void)!write(entry()->crash_fd, &one, sizeof one);
    leave_load();
    /* A thread of its own ends at once: a caller may be about to join it, in libc, and can't be
     * ejected there. */
    hotso_record *r = record();
    if (r->owner == hotso_load_config.owner && r->thread && endable(r))
        thread_leave();
    if (ends_itself(r))
        eject();
    thread_park();
    __builtin_unreachable();
}

_Noreturn void end_library(uint32_t how, const char *why, ...) {
    va_list args;
    va_start(args, why);
    end_with(how, why, args);
}

_Noreturn void end_by_abort(const char *why, ...) {
    va_list args;
    call_handler(SIGABRT); /* it may leave by a jump (abort(3)) */
    va_start(args, why);
    end_with(HOTSO_CRASH_SIGNAL | SIGABRT << 8, why, args);
}

static _Noreturn void end_by_exit(int status, const char *what) {
    status &= 0xff; /* as wait(2) has it */
    end_library(HOTSO_CRASH_EXIT | (uint32_t)status << 8, "C code called %s(%d)", what, status);
}

_Noreturn void __wrap_abort(void) {
    if (!contained())
        __real_abort();
    end_by_abort("C code called abort()");
}

_Noreturn void __wrap_exit(int status) {
    if (!contained()) {
        if (hotso_load_config.owner)
            run_exits(status, 0); /* in a child, see children.c */
        __real_exit(status);
    }
    end_by_exit(status, "exit");
}

_Noreturn void __wrap__exit(int status) {
    if (!contained())
        __real__exit(status);
    end_by_exit(status, "_exit");
}

_Noreturn void __wrap__Exit(int status) {
    __wrap__exit(status);
}

_Noreturn void __wrap_quick_exit(int status) {
    if (!contained()) {
        if (hotso_load_config.owner)
            run_exits(status, 1);
        __real_quick_exit(status);
    }
    end_by_exit(status, "quick_exit");
}

/* err(3) and error(3) exit in libc, so there is no exit to wrap. */
_Noreturn void __wrap_verr(int status, const char *format, va_list args) {
    vwarn(format, args);
    __wrap_exit(status);
}

_Noreturn void __wrap_verrx(int status, const char *format, va_list args) {
    vwarnx(format, args);
    __wrap_exit(status);
}

_Noreturn void __wrap_err(int status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    __wrap_verr(status, format, args);
}

_Noreturn void __wrap_errx(int status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    __wrap_verrx(status, format, args);
}

/* With a status of 0 they only print. */
void __wrap_error(int status, int errnum, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    __real_error(0, errnum, "%s", text);
    if (status)
        __wrap_exit(status);
}

void __wrap_error_at_line(int status, int errnum, const char *file, unsigned line, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    __real_error_at_line(0, errnum, file, line, "%s", text);
    if (status)
        __wrap_exit(status);
}

/* The process goes on in a child, and the parent ends: not for a library to decide. */
int __wrap_daemon(int stay, int keep) {
    if (!contained())
        return __real_daemon(stay, keep);
    errno = EPERM;
    return -1;
}
