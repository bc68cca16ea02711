//go:build linux && (amd64 || arm64)

/* Signals that C code blocks. On a thread of the host's the mask is the host's: what C code sets
 * there is only remembered, until the thread's next load, and handed on to the threads that it
 * starts, which is what most of it is for. On a thread of its own it is set, but for the signal
 * that ends threads: one that blocks it could not be ended, and C code often has its threads
 * block all signals. And but for those of faults: the kernel ends the process for one that is
 * blocked (signal(7)). */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "shim.h"

int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);
int __real_sighold(int);
int __real_sigrelse(int);
int __real_sigblock(int);
int __real_sigsetmask(int);

int on_own_thread(void) {
    const hotso_record *r = record();
    return r->owner == hotso_load_config.owner && r->thread;
}

void without_faults(sigset_t *set) {
    sigdelset(set, SIGSEGV);
    sigdelset(set, SIGBUS);
    sigdelset(set, SIGFPE);
}

static void leave_unblocked(sigset_t *set) {
    sigdelset(set, HOTSO_KILL_SIGNAL);
    without_faults(set);
}

/* The mask that is remembered is the first word of a sigset_t, as the kernel's. */
static int remember(uint64_t *mask, int how, const sigset_t *set, sigset_t *old) {
    uint64_t bits = 0;
    if (old) {
        sigemptyset(old);
        memcpy(old, mask, sizeof *mask);
    }
    if (!set)
        return 0;
    memcpy(&bits, set, sizeof bits);
    switch (how) {
    case SIG_BLOCK:
        *mask |= bits;
        return 0;
    case SIG_UNBLOCK:
        *mask &= ~bits;
        return 0;
    case SIG_SETMASK:
        *mask = bits;
        return 0;
    }
    return EINVAL;
}

int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old) {
    sigset_t but;
    if (!contained())
        return __real_pthread_sigmask(how, set, old);
    hotso_record *r = record();
    if (r->owner == hotso_load_config.owner && !r->thread)
        return remember(&r->c_mask, how, set, old);
    if (set && how != SIG_UNBLOCK) {
        but = *set;
        leave_unblocked(&but);
        set = &but;
    }
    return __real_pthread_sigmask(how, set, old);
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old) {
    int err = __wrap_pthread_sigmask(how, set, old);
    if (err == 0)
        return 0;
    errno = err;
    return -1;
}

int inherit_mask(sigset_t *before) {
    const hotso_record *r = record();
    sigset_t set;
    if (r->owner != hotso_load_config.owner || r->thread || !r->c_mask)
        return 0;
    sigemptyset(&set);
    memcpy(&set, &r->c_mask, sizeof r->c_mask);
    leave_unblocked(&set);
    return __real_pthread_sigmask(SIG_BLOCK, &set, before) == 0;
}

static int change(int how, int sig) {
    sigset_t one;
    sigemptyset(&one);
    return sigaddset(&one, sig) != 0 ? -1 : __wrap_sigprocmask(how, &one, NULL);
}

int __wrap_sighold(int sig) {
    return contained() ? change(SIG_BLOCK, sig) : __real_sighold(sig);
}

int __wrap_sigrelse(int sig) {
    return contained() ? change(SIG_UNBLOCK, sig) : __real_sigrelse(sig);
}

/* Those of BSD have the lower half of a mask. */
static int set_bsd(int how, int mask) {
    sigset_t set, old;
    uint64_t bits = (unsigned)mask;
    sigemptyset(&set);
    memcpy(&set, &bits, sizeof bits);
    if (__wrap_sigprocmask(how, &set, &old) != 0)
        return -1;
    memcpy(&bits, &old, sizeof bits);
    return (int)bits;
}

int __wrap_sigblock(int mask) {
    return contained() ? set_bsd(SIG_BLOCK, mask) : __real_sigblock(mask);
}

int __wrap_sigsetmask(int mask) {
    return contained() ? set_bsd(SIG_SETMASK, mask) : __real_sigsetmask(mask);
}
