//go:build linux && (amd64 || arm64)

/* Blocks of the C heap, if the host asks for it (host.ReclaimC): what the library's own code
 * gets from malloc(3) and has not freed is freed when it is unloaded. The blocks are libc's
 * as ever, so libc and other shared objects may resize and free them where their interface
 * says so for memory of the caller's, and what they allocate may be freed here. Only what they
 * take over for good can't be told from what is left: see the functions at the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "shim.h"

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void __real_free(void *);
int __real_posix_memalign(void **, size_t, size_t);
void *__real_aligned_alloc(size_t, size_t);
void *__real_memalign(size_t, size_t);
void *__real_valloc(size_t);
void *__real_pvalloc(size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
int __real_vasprintf(char **, const char *, va_list);
int __real___vasprintf_chk(char **, int, const char *, va_list);
ssize_t __real_getdelim(char **, size_t *, int, FILE *);
int __real_putenv(char *);
int __real_setenv(const char *, const char *, int);
int __real_unsetenv(const char *);
int __real_setvbuf(FILE *, char *, int, size_t);
void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_munmap(void *, size_t);

enum { STRIPES = 64, FIRST_ROOM = 512 };

/* A set of addresses, in open addressing. 0 is free, GONE was taken. */
#define GONE ((uintptr_t)1)

typedef struct stripe {
    hotso_lock lock;
    size_t used; /* with those that are gone */
    size_t room; /* a power of two */
    uintptr_t *set;
} stripe;

static stripe stripes[STRIPES];
static uint64_t lost; /* blocks for which there was no memory to remember them */

/* Not 0 in this process, and 0 in a child of fork(2): there another thread may have had
 * a lock, and nobody is to free anything (madvise(2), MADV_WIPEONFORK). */
static const uint32_t *alive;

static const uint32_t *wiped_on_fork(void) {
    uint32_t *p = __real_mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (madvise(p, 4096, MADV_WIPEONFORK) != 0) {
        __real_munmap(p, 4096);
        return NULL;
    }
    *p = 1;
    return p;
}

static int tracking(void) {
    if (__builtin_expect(!hotso_load_config.reclaim, 1) || !hosted())
        return 0;
    if (!__atomic_load_n(&alive, __ATOMIC_ACQUIRE)) {
        const uint32_t *none = NULL, *p = wiped_on_fork();
        if (!p)
            return 0;
        if (!__atomic_compare_exchange_n(&alive, &none, p, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            __real_munmap((void *)p, 4096);
    }
    return *__atomic_load_n(&alive, __ATOMIC_ACQUIRE) != 0;
}

static uint64_t hash(uintptr_t p) {
    return (p >> 4) * UINT64_C(0x9e3779b97f4a7c15);
}

static stripe *stripe_of(uintptr_t p) {
    return &stripes[hash(p) >> 58];
}

/* Where p is in the set, or where it may be put. */
static uintptr_t *place(stripe *s, uintptr_t p) {
    uintptr_t *gone = NULL;
    for (size_t i = hash(p) >> 20;; i++) {
        uintptr_t *at = &s->set[i & (s->room - 1)];
        if (*at == p)
            return at;
        if (*at == GONE && !gone)
            gone = at;
        if (*at == 0)
            return gone ? gone : at;
    }
}

static int grow(stripe *s) {
    stripe old = *s;
    size_t living = 0;
    for (size_t i = 0; i < old.room; i++)
        living += old.set[i] > GONE;
    s->room = FIRST_ROOM;
    while (s->room < 4 * living)
        s->room *= 2;
    s->set = __real_mmap(NULL, s->room * sizeof *s->set, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                         -1, 0);
    if (s->set == MAP_FAILED) {
        *s = old;
        return -1;
    }
    s->used = living;
    for (size_t i = 0; i < old.room; i++)
        if (old.set[i] > GONE)
            *place(s, old.set[i]) = old.set[i];
    if (old.set)
        __real_munmap(old.set, old.room * sizeof *old.set);
    return 0;
}

static void remember(void *block) {
    uintptr_t p = (uintptr_t)block;
    if (!p)
        return;
    stripe *s = stripe_of(p);
    lock(&s->lock);
    if (3 * (s->used + 1) > 2 * s->room && grow(s) != 0 && s->used + 1 >= s->room) {
        __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    } else {
        uintptr_t *at = place(s, p);
        s->used += *at == 0;
        *at = p;
    }
    unlock(&s->lock);
}

static void forget(void *block) {
    uintptr_t p = (uintptr_t)block;
    if (!p)
        return;
    stripe *s = stripe_of(p);
    lock(&s->lock);
    if (s->room) {
        uintptr_t *at = place(s, p);
        if (*at == p)
            *at = GONE;
    }
    unlock(&s->lock);
}

/* Each call below is one step for a thread that is to be ended: with its block remembered,
 * or without a block. What libc may free or move is forgotten before, as another thread may get
 * the same address at once. */
#define TRACKED(call)                                                                                        \
    do {                                                                                                     \
        int tracked = tracking();                                                                            \
        hotso_record *busy = tracked ? busy_begin() : NULL;                                                  \
        void *block = (call);                                                                                \
        block_given(block);                                                                                  \
        if (tracked)                                                                                         \
            remember(block);                                                                                 \
        busy_end(busy);                                                                                      \
        return block;                                                                                        \
    } while (0)

void *__wrap_malloc(size_t n) {
    TRACKED(__real_malloc(n));
}

void *__wrap_calloc(size_t count, size_t n) {
    TRACKED(__real_calloc(count, n));
}

void __wrap_free(void *block) {
    block_check(block, "free");
    if (!tracking()) {
        __real_free(block);
        return;
    }
    hotso_record *busy = busy_begin();
    forget(block);
    __real_free(block);
    busy_end(busy);
}

void *__wrap_realloc(void *old, size_t n) {
    block_check(old, "realloc");
    int tracked = tracking();
    hotso_record *busy = tracked ? busy_begin() : NULL;
    if (tracked)
        forget(old);
    void *block = __real_realloc(old, n);
    block_given(block);
    if (tracked)
        remember(block ? block : n ? old : NULL);
    busy_end(busy);
    return block;
}

void *__wrap_reallocarray(void *old, size_t count, size_t n) {
    size_t bytes;
    if (!__builtin_mul_overflow(count, n, &bytes))
        return __wrap_realloc(old, bytes);
    errno = ENOMEM;
    return NULL;
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t n) {
    if (!tracking())
        return __real_posix_memalign(block, alignment, n);
    hotso_record *busy = busy_begin();
    int err = __real_posix_memalign(block, alignment, n);
    if (err == 0)
        remember(*block);
    busy_end(busy);
    return err;
}

void *__wrap_aligned_alloc(size_t alignment, size_t n) {
    TRACKED(__real_aligned_alloc(alignment, n));
}

void *__wrap_memalign(size_t alignment, size_t n) {
    TRACKED(__real_memalign(alignment, n));
}

void *__wrap_valloc(size_t n) {
    TRACKED(__real_valloc(n));
}

void *__wrap_pvalloc(size_t n) {
    TRACKED(__real_pvalloc(n));
}

/* Functions of libc that allocate for the caller. Others do too (realpath(3), getcwd(3)):
 * what they return and nobody frees is not reclaimed. */
char *__wrap_strdup(const char *s) {
    TRACKED(__real_strdup(s));
}

char *__wrap___strdup(const char *s) {
    return __wrap_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n) {
    TRACKED(__real_strndup(s, n));
}

int __wrap_vasprintf(char **s, const char *format, va_list args) {
    if (!tracking())
        return __real_vasprintf(s, format, args);
    hotso_record *busy = busy_begin();
    int n = __real_vasprintf(s, format, args);
    if (n >= 0)
        remember(*s);
    busy_end(busy);
    return n;
}

int __wrap_asprintf(char **s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = __wrap_vasprintf(s, format, args);
    va_end(args);
    return n;
}

/* What they are with -D_FORTIFY_SOURCE (glibc, bits/stdio2.h). */
int __wrap___vasprintf_chk(char **s, int flag, const char *format, va_list args) {
    if (!tracking())
        return __real___vasprintf_chk(s, flag, format, args);
    hotso_record *busy = busy_begin();
    int n = __real___vasprintf_chk(s, flag, format, args);
    if (n >= 0)
        remember(*s);
    busy_end(busy);
    return n;
}

int __wrap___asprintf_chk(char **s, int flag, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = __wrap___vasprintf_chk(s, flag, format, args);
    va_end(args);
    return n;
}

/* They resize the caller's block. A read may take long, so the thread may be ended in it:
 * the block is remembered as what it was, and libc has the stream's lock meanwhile, in which
 * no thread is ended. */
ssize_t __wrap_getdelim(char **line, size_t *n, int delimiter, FILE *f) {
    if (!tracking())
        return __real_getdelim(line, n, delimiter, f);
    hotso_record *busy = busy_begin();
    forget(*line);
    ssize_t read = __real_getdelim(line, n, delimiter, f);
    remember(*line);
    busy_end(busy);
    return read;
}

ssize_t __wrap___getdelim(char **line, size_t *n, int delimiter, FILE *f) {
    return __wrap_getdelim(line, n, delimiter, f);
}

ssize_t __wrap_getline(char **line, size_t *n, FILE *f) {
    return __wrap_getdelim(line, n, '\n', f);
}

/* They keep the caller's memory, for the process. */
int __wrap_putenv(char *string) {
    process_note(HOTSO_CHANGED_ENVIRONMENT);
    if (!tracking())
        return __real_putenv(string);
    const char *equals = strchr(string, '=');
    if (!equals)
        return __real_unsetenv(string);
    char *name = __real_strndup(string, (size_t)(equals - string));
    int err = name ? __real_setenv(name, equals + 1, 1) : -1;
    __real_free(name);
    return err;
}

int __wrap_setvbuf(FILE *f, char *buffer, int mode, size_t n) {
    if (tracking())
        forget(buffer);
    return __real_setvbuf(f, buffer, mode, n);
}

/* By now every thread of the library has ended, and nothing of it runs any more. */
void heap_release(hotso_unload_report *report) {
    report->blocks = lost;
    for (size_t i = 0; i < STRIPES; i++) {
        stripe *s = &stripes[i];
        for (size_t j = 0; j < s->room; j++) {
            void *block = (void *)s->set[j];
            if ((uintptr_t)block <= GONE)
                continue;
            report->blocks++;
            report->blocks_freed++;
            report->block_bytes += malloc_usable_size(block);
            __real_free(block);
        }
        if (s->set)
            __real_munmap(s->set, s->room * sizeof *s->set);
        *s = (stripe){0};
    }
    if (alive)
        __real_munmap((void *)alive, 4096);
    alive = NULL;
}
