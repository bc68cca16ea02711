//go:build linux && (amd64 || arm64)

/* Signals of a host that is no hotso host. The kernel gives a signal for the process to any thread
 * that does not block it, and the host's handler runs there. Go's threads have nothing that
 * such a handler expects: an interpreter in their thread-local storage, or the main thread's stack. So
 * the threads of the Go runtime block what the host may want to handle.
 *
 * The runtime gives all its threads the mask that the first of them began with (runtime/proc.go,
 * initSigmask), which is the only one that is started here. It unblocks by itself what it needs
 * (minitSignalMask, blockableSig), and os/signal unblocks on a thread of its own what the library asks for.
 * Under a hotso host the handlers are that host's, and it knows such threads. */
#define _GNU_SOURCE
#include <signal.h>
#include "shim.h"

void __real_x_cgo_sys_thread_create(void *(*)(void *), void *);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);

static sigset_t quiet, loaders; /* set by the thread that loads the library, before there is another */
static int is_quiet;

void __wrap_x_cgo_sys_thread_create(void *(*f)(void *), void *arg) {
    /* Faults; what the runtime preempts and profiles by; and SIGPIPE, which it has a handler for. */
    static const int needed[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,  SIGTRAP,
                                 SIGSYS,  SIGABRT, SIGURG, SIGPROF, SIGPIPE};
    if (hosted()) {
        __real_x_cgo_sys_thread_create(f, arg);
        return;
    }
    sigfillset(&quiet);
    for (unsigned i = 0; i < sizeof needed / sizeof needed[0]; i++)
        sigdelset(&quiet, needed[i]);
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
