//go:build linux && (amd64 || arm64)

/* Every call from C into Go goes through crosscall2 (runtime/cgo/callbacks.go). */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "shim.h"

void __real_crosscall2(void (*fn)(void *), void *arg, int n, size_t ctxt);
void __real_x_cgo_bindm(void *g);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);
extern void hotso_go_bind(void);

/* The g in the slot may belong to an earlier load that had the same slot, and whose memory
 * is gone. Without a g the runtime binds a new M to this thread. */
void adopt(hotso_record *r) {
    sigset_t mask;
    ((uint64_t *)r)[-1] = 0; /* g */
    r->depth = 0;
    r->busy = 0;
    if (!by_host(r->jump)) /* or the host has put it there for the call that adopts */
        r->jump = 0;
    r->thread = 0;
    r->missed = 0;
    r->c_mask = 0;
    r->wait = 0;
    objects_adopt();
    __real_pthread_sigmask(SIG_SETMASK, NULL, &mask);
    memcpy(&r->mask, &mask, sizeof r->mask);
    signal_fence();
    r->owner = hotso_load_config.owner;
    signal_fence();
}

/* begin and end mark the thread as inside the library: between them the dispatcher passes
 * signals on to the library, and an ejected call resumes here.
 * The jump is set before the depth and removed after it, and the depth is saved, so
 * that at every instruction an ejection finds both or neither.
 * __builtin_setjmp stores three words; the compiler reloads the rest. */
static inline __attribute__((always_inline)) void begin(hotso_record *r, hotso_jump *here) {
    here->prev = r->jump;
    here->depth = r->depth;
    signal_fence();
    r->jump = here;
    signal_fence();
    r->depth = (here->depth & ~HOTSO_IN_HOST) + 1;
    signal_fence();
}

static inline __attribute__((always_inline)) void end(hotso_record *r, hotso_jump *here) {
    signal_fence();
    r->depth = here->depth;
    signal_fence();
    r->jump = here->prev;
}

/* At a thread's first call the runtime binds one of its Ms to the thread and remembers the
 * signal mask. It restores that mask when it drops the M: in a key destructor, when the
 * thread ends (runtime/proc.go, needm and dropm). By then the host's runtime is done with
 * the thread: it has blocked all signals and can't handle one. So the first call is one
 * that does nothing, with all signals blocked. */
static void bind(void) {
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, HOTSO_KILL_SIGNAL);
    __real_pthread_sigmask(SIG_SETMASK, &all, &before);
    hotso_go_bind();
    __real_pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The runtime sends SIGURG to a thread to preempt it, and does not send another until that
 * one was handled. If it comes when the thread has just left the library, it can't be
 * handled: the library may be about to be unmapped. The dispatcher notes it, and it is sent
 * again here; otherwise the runtime could never again stop a loop on this thread. */
static __attribute__((noinline)) void catch_up(hotso_record *r) {
    if (__atomic_load_n(&hotso_leaving, __ATOMIC_ACQUIRE)) /* the thread of exits.c: Go has ended */
        __builtin_longjmp(r->jump->buf, 1);
    if (has_lent_slot()) { /* a constructor's first call */
        hotso_jump *here = r->jump;
        take_slot_back();
        adopt(r);
        bind();
        begin(r, here);
        if (__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE))
            __builtin_longjmp(here->buf, 1);
        return;
    }
    r->missed = 0;
    signal_fence();
    syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGURG);
}

/* At the first call of a thread that C code has started, the runtime binds an M to it that stays until the
 * thread ends (runtime/proc.go, cgoBindM). */
void __wrap_x_cgo_bindm(void *g) {
    if (hosted() && on_own_thread())
        record()->thread->bound = 1;
    __real_x_cgo_bindm(g);
}

void __wrap_crosscall2(void (*fn)(void *), void *arg, int n, size_t ctxt) {
    if (!hosted()) {
        if (__builtin_expect(hotso_forked, 0))
            refuse_forked(__builtin_return_address(0), arg, n);
        else
            __real_crosscall2(fn, arg, n, ctxt);
        return;
    }
    hotso_jump here;
    if (STEP(ADOPT) && record()->owner != hotso_load_config.owner) {
        adopt(record());
        bind();
    }
    /* The runtime is dead. It may have died during bind, from which this thread was then
     * ejected; so whatever g is left on the thread is not used again. */
    if (__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE))
        return;
    if (__builtin_setjmp(here.buf) == 0) {
        begin(record(), &here);
        if (__builtin_expect(record()->missed != 0, 0))
            catch_up(record());
        __real_crosscall2(fn, arg, n, ctxt);
    }
    end(record(), &here);
}

void guarded(void (*f)(void *), void *arg) {
    hotso_jump here;
    if (__builtin_setjmp(here.buf) == 0) {
        begin(record(), &here);
        f(arg);
    }
    end(record(), &here);
}
