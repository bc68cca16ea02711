//go:build linux && (amd64 || arm64)

/* How the library begins and ends: its init and exit functions. The first tells the host's
 * dispatcher where this library's code is; without a hotso host it asks to be told of forks. */
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <unistd.h>
#include "shim.h"

int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);

void watch_forks(void); /* forked.c */

/* The linker's name for the first byte of the image, in this image. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Priority 101 runs it before the Go runtime's start function, which is in
 * .init_array without a priority: from its first instruction on, the runtime
 * may take a signal. */
__attribute__((constructor(101))) static void announce(void) {
    if (!hosted()) {
        watch_forks();
        return;
    }
    hotso_process = getpid();
    blocks_learn();
    const char *base = (const char *)&__ehdr_start;
    const ElfW(Phdr) *p = (const ElfW(Phdr) *)(base + __ehdr_start.e_phoff);
    uint64_t low = UINT64_MAX, high = 0;
    for (int i = 0; i < __ehdr_start.e_phnum; i++, p++) {
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        uint64_t from = (uint64_t)base + p->p_vaddr;
        if (from < low)
            low = from;
        if (from + p->p_memsz > high)
            high = from + p->p_memsz;
    }
    entry()->text_low = low;
    entry()->handlers[HOTSO_KILL] = (uint64_t)on_kill;
    signals_begin();
    __atomic_store_n(&entry()->text_high, high, __ATOMIC_RELEASE);
}

uintptr_t image_base(void) {
    return (uintptr_t)&__ehdr_start;
}

static const char *in_image(uint64_t address) {
    return (const char *)&__ehdr_start + address;
}

static int began;

/* In the private copy this is in .init_array where the Go runtime's start function was. That
 * takes its arguments and behind them its environment from glibc, which hands out the
 * stack that the process began with (elf/dl-init.c): nothing that the host has set since
 * is there. These are the host's, and stay until the library has left. */
__attribute__((visibility("default"), used)) void hotso_begin(int argc, char **argv, char **envp) {
    (void)argc, (void)argv;
    const hotso_config *c = &hotso_load_config;
    void (*start)(int, char **, char **) = (void (*)(int, char **, char **))in_image(c->start);
    began = 1;
    start((int)c->argc, (char **)c->argv, envp);
}

/* Without a start function here, it was called before anybody could know. */
int runtime_began(void) {
    return began || !hotso_load_config.start;
}

static uintptr_t loader; /* the thread pointer of the thread that runs the init functions */
static void *way_out[5]; /* of __builtin_setjmp */

__attribute__((noinline)) void leave_load(void) {
    if (thread_pointer() == loader)
        __builtin_longjmp(way_out, 1);
}

/* A slot of a thread's: the g of a runtime, and the record. */
typedef struct slot {
    uint64_t g;
    hotso_record record;
} slot;

static slot *slot_here(void) {
    return (slot *)((char *)record() - offsetof(slot, record));
}

/* Nobody's while it changes: the dispatcher asks for the owner before all else. */
static void set_slot(slot now) {
    slot *here = slot_here();
    uint64_t owner = now.record.owner;
    now.record.owner = 0;
    here->record.owner = 0;
    signal_fence();
    *here = now;
    signal_fence();
    here->record.owner = owner;
}

static slot lender; /* what was in the slot of the thread that runs the init functions */
static int lent;

/* For as long as they run, that thread is inside the library without a g, as one that C code has started: a
 * fault of theirs is the library's. It has not entered it: that is looked for where it says that it has
 * missed something. */
static void lend_slot(void) {
    if (!hosted())
        return;
    lender = *slot_here();
    lent = 1;
    set_slot((slot){0, {.owner = hotso_load_config.owner, .depth = 1, .missed = 1}});
}

int has_lent_slot(void) {
    return lent && thread_pointer() == loader;
}

void take_slot_back(void) {
    if (!has_lent_slot())
        return;
    lent = 0;
    set_slot(lender);
}

static __attribute__((noinline)) void run_inits(int argc, char **argv, char **envp) {
    const hotso_config *c = &hotso_load_config;
    void (*const *f)(int, char **, char **) = (void (*const *)(int, char **, char **))in_image(c->inits);
    for (uint64_t i = 0; i < c->inits_n; i++)
        f[i](argc, argv, envp);
}

/* The only init function of the private copy. One of the library's that ends the library, by
 * exit(3) for instance, does so on the thread that loads it, within the dynamic linker and
 * its locks: there it must not wait for anything. So it leaves, as if all had ended. */
static __attribute__((noinline)) void init(int argc, char **argv, char **envp) {
    sigset_t mask;
    __real_pthread_sigmask(SIG_BLOCK, NULL, &mask); /* the host's */
    loader = thread_pointer();
    lend_slot();
    if (__builtin_setjmp(way_out) == 0) {
        announce();
        objects_begin(argc, argv, envp);
        run_inits(argc, argv, envp);
    }
    take_slot_back();
    loader = 0;
    __real_pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

void run_finis(void) {
    static uint32_t run;
    if (__atomic_exchange_n(&run, 1, __ATOMIC_ACQ_REL))
        return;
    const hotso_config *c = &hotso_load_config;
    void (*const *f)(void) = (void (*const *)(void))in_image(c->finis);
    for (uint64_t i = c->finis_n; i > 0; i--)
        f[i - 1]();
}

/* The only exit function of the private copy, for dlclose: whatever is to run has run by now. */
static void fini(void) {
    if (!hosted() || !__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE)) { /* or in a child */
        run_finis();
        objects_end();
    }
}

__attribute__((visibility("default"), used)) void *const hotso_inits[] = {(void *)init, (void *)fini};

/* Where the Go runtime's last words go; -1 if nobody wants them. */
int32_t hotso_crash_message(void) {
    return hosted() ? entry()->crash_message : -1;
}

/* For Go code, which can't reach the host's entry itself. */
int32_t hotso_hosted(void) {
    return hosted();
}
