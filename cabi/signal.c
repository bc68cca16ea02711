//go:build linux && (amd64 || arm64)

/* Signal handlers, alternate stacks and interval timers. Under a hotso host the library
 * changes none of the process's.
 *
 * Its Go runtime's handlers go into the host's dispatch table, and the dispatcher passes on
 * what concerns the library: six signals, and no others, not even through os/signal.
 *
 * What its C code asks for is kept here, and told when it asks again. Its handlers are called
 * for what it raises itself (raise.c), and for faults of its own instructions, SIGSEGV, SIGBUS
 * and SIGFPE, before those of the Go runtime; for nothing else. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>
#include "offsets.h"
#include "shim.h"

int __real_sigaction(int, const struct sigaction *, struct sigaction *);
int __real_siginterrupt(int, int);
int __real_sigaltstack(const stack_t *, stack_t *);
sighandler_t __real_signal(int, sighandler_t);
sighandler_t __real___sysv_signal(int, sighandler_t);
sighandler_t __real_sigset(int, sighandler_t);
int __real_sigignore(int);
unsigned __real_alarm(unsigned);
unsigned __real_ualarm(unsigned, unsigned);
int __real_setitimer(__itimer_which_t, const struct itimerval *, struct itimerval *);
int32_t __real_x_cgo_sigaction(intptr_t, const void *, void *);

enum { SIGNALS = 65 };

static hotso_lock actions_lock;
static struct sigaction actions[SIGNALS]; /* of C code */
static uint32_t asked[SIGNALS];           /* how often; 0 is for alternate stacks */
static uint64_t go_handlers[HOTSO_HANDLED];

static int index_of(int sig) {
    switch (sig) {
    case SIGSEGV:
        return HOTSO_SEGV;
    case SIGBUS:
        return HOTSO_BUS;
    case SIGFPE:
        return HOTSO_FPE;
    case SIGPIPE:
        return HOTSO_PIPE;
    case SIGURG:
        return HOTSO_URG;
    case SIGPROF:
        return HOTSO_PROF;
    }
    return -1;
}

static int is_fault(int sig) {
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE;
}

/* What signal(2) tells of a handler; SIG_IGN and SIG_DFL are no functions. */
static int is_function(const struct sigaction *a) {
    return a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN;
}

static void ask(int sig) {
    __atomic_fetch_add(&asked[sig], 1, __ATOMIC_RELAXED);
}

void signals_asked(hotso_unload_report *report) {
    report->signals = asked;
    report->signals_n = SIGNALS;
}

/* Whether no Go is on the stack of this thread. Either it has never been in Go, or has left it for good and
 * is in a key's destructor: it has no g. Or C code has started it, it has called Go and is back: calls from C
 * into Go raise the depth, which is 1 otherwise. The Go runtime would give the fault back to the process, and
 * end that (runtime/signal_unix.go, sigtrampgo and badsignal). */
static int is_outside_go(const hotso_record *r) {
    return !has_g(r) || (r->thread && r->thread->bound && r->depth == 1);
}

/* A fault may have come from a wrapper of ours, which has been given a bad pointer and keeps the thread from
 * being ended. A handler that leaves by a jump leaves the wrapper, too, and so does a thread that ends. */
static int handled_by_c(int sig, siginfo_t *info, void *context, hotso_record *r) {
    uint32_t busy = r->busy;
    hotso_wait *wait = r->wait;
    r->wait = NULL;
    r->busy = 0;
    if (!run_handler(sig, info, context))
        return 0;
    r->busy = busy;
    r->wait = wait;
    return 1;
}

/* A fault inside the library's text, or in a function of another object that the text has just called. If its
 * C code has a handler for it, that is for its C code only: the Go runtime makes panics of Go code's faults.
 * The handler may leave by siglongjmp(3); the dispatcher has not left anything to undo. */
static void on_fault(int sig, siginfo_t *info, void *context) {
    const ucontext_t *u = context;
#if defined(__x86_64__)
    uint64_t pc = (uint64_t)u->uc_mcontext.gregs[REG_RIP];
#else
    uint64_t pc = u->uc_mcontext.pc;
#endif
    uint64_t offset = pc - image_base();
    int is_go = offset >= hotso_load_config.go_low && offset < hotso_load_config.go_high;
    if (!is_go && handled_by_c(sig, info, context, record()))
        return;
    int i = index_of(sig);
    uint64_t go = i < 0 ? 0 : __atomic_load_n(&go_handlers[i], __ATOMIC_ACQUIRE);
    if (contained() && (!go || (!is_go && is_outside_go(record()))))
        end_library(HOTSO_CRASH_SIGNAL | (uint32_t)sig << 8, "C code: %s at address %p", strsignal(sig),
                    info->si_addr);
    if (go)
        ((void (*)(int, siginfo_t *, void *))go)(sig, info, context);
    else
        __real_signal(sig, SIG_DFL); /* a child: it faults again, and ends */
}

/* Has the dispatcher call the Go runtime's handler, of faults on_fault before it. actions_lock is
 * held, or nothing else runs yet. */
static void set_handler(int sig, int i) {
    uint64_t handler = go_handlers[i];
    if (is_fault(sig) && hotso_load_config.go_high)
        handler = (uint64_t)on_fault;
    __atomic_store_n(&entry()->handlers[i], handler, __ATOMIC_RELEASE);
}

void signals_begin(void) {
    set_handler(SIGSEGV, HOTSO_SEGV);
    set_handler(SIGBUS, HOTSO_BUS);
    set_handler(SIGFPE, HOTSO_FPE);
}

/* The old action is always SIG_DFL: the library's runtime would forward signals to
 * it, and that is done by the dispatcher. */
static int set_for_go(int sig, const struct sigaction *act, struct sigaction *old) {
    if (old)
        memset(old, 0, sizeof *old);
    int i = index_of(sig);
    if (i < 0 || !act)
        return 0;
    uint64_t handler = (uint64_t)act->sa_sigaction;
    if (!(act->sa_flags & SA_SIGINFO) || !is_function(act))
        handler = 0;
    hotso_record *busy = busy_begin();
    lock(&actions_lock);
    __atomic_store_n(&go_handlers[i], handler, __ATOMIC_RELEASE);
    set_handler(sig, i);
    unlock(&actions_lock);
    busy_end(busy);
    return 0;
}

/* 32 and 33 are libc's own. */
static int can_have(int sig) {
    return sig > 0 && sig < SIGNALS && sig != 32 && sig != 33 && sig != SIGKILL && sig != SIGSTOP;
}

static struct sigaction replace(int sig, const struct sigaction *by) {
    hotso_record *busy = busy_begin();
    lock(&actions_lock);
    struct sigaction before = actions[sig];
    if (by)
        actions[sig] = *by;
    unlock(&actions_lock);
    busy_end(busy);
    return before;
}

static int set_for_c(int sig, const struct sigaction *act, struct sigaction *old) {
    struct sigaction wanted;
    if (!can_have(sig)) {
        errno = EINVAL;
        return -1;
    }
    if (act) {
        wanted = *act; /* before there is a lock: it may be a fault */
        ask(sig);
    }
    struct sigaction before = replace(sig, act ? &wanted : NULL);
    if (old)
        *old = before;
    return 0;
}

/* The thread on which the Go runtime sets handlers: its calls come through runtime/cgo, and
 * so are told from those of C code. */
static uintptr_t go_thread;

int32_t __wrap_x_cgo_sigaction(intptr_t sig, const void *act, void *old) {
    uintptr_t me = thread_pointer(), nobody = 0;
    if (!hosted() || __atomic_load_n(&go_thread, __ATOMIC_RELAXED) == me) /* in a handler */
        return __real_x_cgo_sigaction(sig, act, old);
    hotso_record *busy = busy_begin();
    while (!__atomic_compare_exchange_n(&go_thread, &nobody, me, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        nobody = 0;
    int32_t err = __real_x_cgo_sigaction(sig, act, old);
    __atomic_store_n(&go_thread, 0, __ATOMIC_RELEASE);
    busy_end(busy);
    return err;
}

int __wrap_sigaction(int sig, const struct sigaction *act, struct sigaction *old) {
    if (!contained() || !STEP(SIGNALS))
        return __real_sigaction(sig, act, old);
    if (__atomic_load_n(&go_thread, __ATOMIC_RELAXED) == thread_pointer())
        return set_for_go(sig, act, old);
    return set_for_c(sig, act, old);
}

int c_action(int sig, struct sigaction *action) {
    if (set_for_c(sig, NULL, action) != 0 || action->sa_handler == SIG_DFL)
        return ACTION_DEFAULT;
    return is_function(action) ? ACTION_HANDLER : ACTION_IGNORE;
}

/* The mask of the action is not heeded. */
int run_handler(int sig, siginfo_t *info, void *context) {
    struct sigaction a;
    if (c_action(sig, &a) != ACTION_HANDLER)
        return 0;
    if (a.sa_flags & (int)SA_RESETHAND) {
        const struct sigaction none = {.sa_handler = SIG_DFL};
        replace(sig, &none);
    }
    if (a.sa_flags & SA_SIGINFO)
        a.sa_sigaction(sig, info, context);
    else
        a.sa_handler(sig);
    return 1;
}

/* signal(3), with the flags of BSD or of System V. */
static sighandler_t set_simply(int sig, sighandler_t handler, int flags) {
    struct sigaction act = {.sa_handler = handler, .sa_flags = flags}, old;
    return handler == SIG_ERR || set_for_c(sig, &act, &old) != 0 ? SIG_ERR : old.sa_handler;
}

sighandler_t __wrap_signal(int sig, sighandler_t handler) {
    return contained() ? set_simply(sig, handler, SA_RESTART) : __real_signal(sig, handler);
}

sighandler_t __wrap_bsd_signal(int sig, sighandler_t handler) {
    return __wrap_signal(sig, handler);
}

sighandler_t __wrap_ssignal(int sig, sighandler_t handler) {
    return __wrap_signal(sig, handler);
}

sighandler_t __wrap___sysv_signal(int sig, sighandler_t handler) {
    return contained() ? set_simply(sig, handler, (int)(SA_RESETHAND | SA_NODEFER))
                       : __real___sysv_signal(sig, handler);
}

sighandler_t __wrap_sysv_signal(int sig, sighandler_t handler) {
    return __wrap___sysv_signal(sig, handler);
}

int __wrap_sigignore(int sig) {
    if (!contained())
        return __real_sigignore(sig);
    return set_simply(sig, SIG_IGN, 0) == SIG_ERR ? -1 : 0;
}

/* sigset(3) blocks and unblocks as well. */
#define HOLD ((sighandler_t)2) /* SIG_HOLD, which signal.h has with X/Open only */

sighandler_t __wrap_sigset(int sig, sighandler_t handler) {
    if (!contained())
        return __real_sigset(sig, handler);
    struct sigaction old;
    sigset_t one, before;
    sigemptyset(&one);
    if (handler == SIG_ERR || sigaddset(&one, sig) != 0 || set_for_c(sig, NULL, &old) != 0)
        return SIG_ERR;
    if (handler != HOLD && set_simply(sig, handler, 0) == SIG_ERR)
        return SIG_ERR;
    __wrap_pthread_sigmask(handler == HOLD ? SIG_BLOCK : SIG_UNBLOCK, &one, &before);
    return sigismember(&before, sig) ? HOLD : old.sa_handler;
}

int __wrap_siginterrupt(int sig, int interrupts) {
    struct sigaction a;
    if (!contained())
        return __real_siginterrupt(sig, interrupts);
    if (set_for_c(sig, NULL, &a) != 0)
        return -1;
    a.sa_flags = interrupts ? a.sa_flags & ~SA_RESTART : a.sa_flags | SA_RESTART;
    return set_for_c(sig, &a, NULL);
}

/* A thread of the library's may have one. A thread of the host's has the host's, and on it its
 * handlers need the room that they know of. */
int __wrap_sigaltstack(const stack_t *stack, stack_t *old) {
    if (!contained() || on_own_thread() || !stack)
        return __real_sigaltstack(stack, old);
    ask(0);
    if (old)
        *old = (stack_t){.ss_flags = SS_DISABLE};
    return 0;
}

/* Interval timers send their signals to the process, where they are the host's. */
unsigned __wrap_alarm(unsigned seconds) {
    if (!contained())
        return __real_alarm(seconds);
    ask(SIGALRM);
    return 0;
}

unsigned __wrap_ualarm(unsigned value, unsigned interval) {
    if (!contained())
        return __real_ualarm(value, interval);
    ask(SIGALRM);
    return 0;
}

int __wrap_setitimer(__itimer_which_t which, const struct itimerval *value, struct itimerval *old) {
    if (!contained())
        return __real_setitimer(which, value, old);
    ask(which == ITIMER_REAL ? SIGALRM : which == ITIMER_VIRTUAL ? SIGVTALRM : SIGPROF);
    if (old)
        memset(old, 0, sizeof *old);
    if (value && !timerisset(&value->it_value))
        return 0; /* it wants none */
    errno = EPERM;
    return -1;
}
