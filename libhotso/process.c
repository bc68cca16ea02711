/* What libhotso does when it is loaded, around the start of its Go runtime, which is an init function, too.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include "exports.h"

hotsoh_status hotso_unusable = HOTSOH_OK;

/* By this an object in memory is known as a copy of libhotso. */
static const struct {
    ElfW(Nhdr) header;
    char name[8];
} note __attribute__((section(".note.libhotso"), used, aligned(4))) = {{8, 0, 1}, "hotsoh\0"};

static int names_libhotso(const char *p, const char *end) {
    while (end - p >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *n = (const void *)p;
        size_t name = (n->n_namesz + 3) & ~(size_t)3, desc = (n->n_descsz + 3) & ~(size_t)3;
        p += sizeof *n;
        if ((size_t)(end - p) < name + desc)
            return 0;
        if (n->n_namesz == sizeof note.name && memcmp(p, note.name, sizeof note.name) == 0)
            return 1;
        p += name + desc;
    }
    return 0;
}

/* Whether the object is another copy. The dynamic linker holds its lock meanwhile (dl_iterate_phdr(3)). */
static int is_other(struct dl_phdr_info *object, size_t size, void *data) {
    (void)size, (void)data;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &object->dlpi_phdr[i];
        const char *p = (const char *)(object->dlpi_addr + h->p_vaddr);
        if (h->p_type != PT_NOTE || ((const char *)&note >= p && (const char *)&note < p + h->p_memsz))
            continue;
        if (names_libhotso(p, p + h->p_memsz))
            return 1;
    }
    return 0;
}

static void forked(void) {
    hotso_unusable = HOTSOH_FORKED;
}

/* SIGNALS
 * The kernel gives a signal for the process to any thread that does not block it. Go's are not for the
 * program's handlers, which may expect an interpreter's thread, or the first one. A Go runtime's threads have
 * those signals blocked that the thread had which started it (runtime.initSigmask), and it unblocks those
 * that it can't do without, but for the one by which it interrupts loops. */
static const int needed[] = {SIGURG, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, 0};

static void remove_needed(sigset_t *set) {
    for (const int *s = needed; *s; s++)
        sigdelset(set, *s);
}

static sigset_t before;
static int masked;

/* libhotso's own runtime starts no programs, which would inherit that, so it blocks all. This runs before the
 * Go runtime's init function, which has no priority (GNU ld: .init_array.N). */
__attribute__((constructor(101))) static void begin(void) {
    sigset_t set;
    if (dl_iterate_phdr(is_other, NULL))
        hotso_unusable = HOTSOH_SECOND_COPY;
    pthread_atfork(NULL, NULL, forked);
    sigfillset(&set);
    remove_needed(&set);
    masked = pthread_sigmask(SIG_BLOCK, &set, &before) == 0;
}

/* Runs after it, as the linker is given Go's object first. */
__attribute__((constructor)) static void end(void) {
    if (masked)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Libraries do start programs, and one that blocks SIGTERM can't be told to end. So theirs block the
 * signals for which the program has a handler when they are loaded. */
void hotso_mask(sigset_t *old) {
    sigset_t set;
    sigemptyset(&set);
    for (int sig = 1; sig < NSIG; sig++) {
        struct sigaction a;
        if (sigaction(sig, NULL, &a) == 0 && a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN)
            sigaddset(&set, sig);
    }
    remove_needed(&set);
    sigdelset(&set, SIGPIPE); /* these two have handlers of the libraries' */
    sigdelset(&set, SIGPROF);
    sigdelset(&set, SIGSTKFLT); /* ends threads: abi.KillSignal */
    pthread_sigmask(SIG_SETMASK, &set, old);
}

void hotso_unmask(const sigset_t *old) {
    pthread_sigmask(SIG_SETMASK, old, NULL);
}
