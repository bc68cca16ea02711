//go:build linux && (amd64 || arm64)

/* Signals of a host that is no hotso host. The kernel gives a signal for the process to any thread
 * that does not block it, and the host's handler runs there. Go's threads have nothing that
 * such a handler expects: an interpreter in their thread-local storage, or the main thread's stack. So
 * the threads of the Go runtime block the signals for which the host has a handler when it loads the
 * library. Others they do not, as children of the library would inherit that (signal(7)): a child that blocks
 * SIGTERM can't be told to end, and with SIGCHLD blocked some shells wait for ever. A handler that is set
 * later needs care in any case (SA_ONSTACK, docs/other-languages.md).
 *
 * The runtime gives all its threads the mask that the first of them began with (runtime/proc.go,
 * initSigmask), which is the only one that is started here. It unblocks by itself what it needs
 * (minitSignalMask, blockableSig), and os/signal unblocks on a thread of its own what the library asks for.
 * Under a hotso host the handlers are that host's, and it knows such threads. */
#define _GNU_SOURCE
#include <signal.h>
#include "shim.h"

void __real_x_cgo_sys_thread_create(void *(*)(void *), void *);
int __real_sigaction(int, const struct sigaction *, struct sigaction *);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);

static sigset_t loaders; /* the mask of the thread that loaded the library */
static int is_quiet;

/* Faults; what the runtime preempts and profiles by; and SIGPIPE, which it has a handler for. */
static int is_needed(int sig) {
    static const int needed[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,  SIGTRAP,
                                 SIGSYS,  SIGABRT, SIGURG, SIGPROF, SIGPIPE};
    for (unsigned i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (needed[i] == sig)
            return 1;
    return 0;
}

static int is_handled(int sig) {
    struct sigaction a;
    return __real_sigaction(sig, NULL, &a) == 0 && a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN;
}

void __wrap_x_cgo_sys_thread_create(void *(*f)(void *), void *arg) {
    if (hosted()) {
        __real_x_cgo_sys_thread_create(f, arg);
        return;
    }
    sigset_t quiet;
    sigemptyset(&quiet);
    for (int sig = 1; sig < NSIG; sig++)
        if (!is_needed(sig) && is_handled(sig))
            sigaddset(&quiet, sig);
    __real_pthread_sigmask(SIG_BLOCK, &quiet, &loaders);
    __real_x_cgo_sys_thread_create(f, arg);
    __real_pthread_sigmask(SIG_SETMASK, &loaders, NULL);
    is_quiet = 1;
}

/* Gives this thread the mask with which the library was loaded, and back. */
void hotso_loud(uint64_t *before) {
    sigset_t set;
    if (is_quiet && __real_pthread_sigmask(SIG_SETMASK, &loaders, &set) == 0)
        __builtin_memcpy(before, &set, sizeof *before); /* the kernel's mask is its first word */
}

void hotso_quiet(const uint64_t *before) {
    sigset_t set;
    sigemptyset(&set);
    __builtin_memcpy(&set, before, sizeof *before);
    if (is_quiet)
        __real_pthread_sigmask(SIG_SETMASK, &set, NULL);
}
