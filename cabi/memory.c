//go:build linux && (amd64 || arm64)

/* Memory that the library maps: on linux/amd64 and linux/arm64 the Go runtime
 * maps all of its own through x_cgo_mmap (runtime/cgo_mmap.go), which calls
 * mmap here. The set of mapped ranges is kept sorted, because the runtime trims
 * ranges and maps over parts of them. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include "shim.h"

void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_munmap(void *, size_t);
void *__real_mremap(void *, size_t, size_t, int, ...);

typedef hotso_range span;

static hotso_lock set_lock;
static span first[512];
static span *set = first;
static size_t used, room = sizeof first / sizeof first[0];

static uint32_t asked; /* for memory, whether it came or not */

/* Makes room for what one call can add: a mapping, and the other half of one with a hole.
 * Before the call is made, which must not succeed otherwise: what is not remembered is not
 * freed, and a hole that is not remembered may be somebody else's by then. */
static int reserve(void) {
    size_t bytes = room * sizeof *set;
    if (used + 2 <= room)
        return 0;
    span *bigger = __real_mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bigger == MAP_FAILED)
        return -1;
    memcpy(bigger, set, used * sizeof *set);
    if (set != first)
        __real_munmap(set, bytes);
    set = bigger;
    room *= 2;
    return 0;
}

/* The index of the first span that ends after low. */
static size_t find(uintptr_t low) {
    size_t from = 0, to = used;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (set[mid].high <= low)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static void drop(size_t at, size_t n) {
    memmove(&set[at], &set[at + n], (used - at - n) * sizeof *set);
    used -= n;
}

static void forget(uintptr_t low, uintptr_t high) {
    size_t i = find(low);
    if (i < used && set[i].low < low && set[i].high > high) { /* a hole */
        memmove(&set[i + 1], &set[i], (used - i) * sizeof *set);
        used++;
        set[i].high = low;
        set[i + 1].low = high;
        return;
    }
    if (i < used && set[i].low < low)
        set[i++].high = low;
    size_t n = 0;
    while (i + n < used && set[i + n].high <= high)
        n++;
    drop(i, n);
    if (i < used && set[i].low < high)
        set[i].low = high;
}

static void remember(uintptr_t low, uintptr_t high) {
    forget(low, high);
    size_t i = find(low);
    if (i > 0 && set[i - 1].high == low) {
        set[i - 1].high = high;
        if (i < used && set[i].low == high) {
            set[i - 1].high = set[i].high;
            drop(i, 1);
        }
    } else if (i < used && set[i].low == high) {
        set[i].low = low;
    } else {
        memmove(&set[i + 1], &set[i], (used - i) * sizeof *set);
        used++;
        set[i] = (span){low, high};
    }
}

static size_t pages(size_t n) {
    return (n + 4095) & ~(size_t)4095;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off) {
    if (!hosted() || !STEP(WRAP_MEMORY))
        return __real_mmap(addr, len, prot, flags, fd, off);
    __atomic_store_n(&asked, 1, __ATOMIC_RELAXED);
    hotso_record *busy = busy_begin();
    lock(&set_lock);
    void *p = MAP_FAILED;
    if (reserve() == 0)
        p = __real_mmap(addr, len, prot, flags, fd, off);
    if (p != MAP_FAILED)
        remember((uintptr_t)p, (uintptr_t)p + pages(len));
    unlock(&set_lock);
    busy_end(busy);
    return p;
}

/* Called by C code that was compiled with 64-bit file offsets; the same here. */
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off) {
    return __wrap_mmap(addr, len, prot, flags, fd, off);
}

int __wrap_munmap(void *addr, size_t len) {
    if (!hosted())
        return __real_munmap(addr, len);
    hotso_record *busy = busy_begin();
    lock(&set_lock); /* across the call: the range may be mapped again right after */
    int r = reserve();
    if (r == 0)
        r = __real_munmap(addr, len);
    if (r == 0)
        forget((uintptr_t)addr, (uintptr_t)addr + pages(len));
    unlock(&set_lock);
    busy_end(busy);
    return r;
}

void *__wrap_mremap(void *addr, size_t old, size_t len, int flags, ...) {
    va_list more;
    va_start(more, flags);
    void *to = flags & MREMAP_FIXED ? va_arg(more, void *) : NULL;
    va_end(more);
    if (!hosted())
        return __real_mremap(addr, old, len, flags, to);
    hotso_record *busy = busy_begin();
    lock(&set_lock);
    void *p = MAP_FAILED;
    if (reserve() == 0)
        p = __real_mremap(addr, old, len, flags, to);
    if (p != MAP_FAILED) {
        forget((uintptr_t)addr, (uintptr_t)addr + pages(old));
        remember((uintptr_t)p, (uintptr_t)p + pages(len));
    }
    unlock(&set_lock);
    busy_end(busy);
    return p;
}

int memory_seen(void) {
    return asked;
}

/* By now every thread of the library has ended, so there is no need for the lock. */
void memory_ranges(hotso_unload_report *report) {
    report->ranges = set;
    report->ranges_len = used;
}

void memory_release(hotso_unload_report *report) {
    for (size_t i = 0; i < used; i++) {
        size_t bytes = set[i].high - set[i].low;
        report->mappings++;
        report->bytes += bytes;
        if (!STEP(UNMAP) || __real_munmap((void *)set[i].low, bytes) != 0)
            continue;
        report->mappings_freed++;
        report->bytes_freed += bytes;
    }
    used = 0;
    if (set != first)
        __real_munmap(set, room * sizeof *set);
    set = first;
    room = sizeof first / sizeof first[0];
}
