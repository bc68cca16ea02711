//go:build linux && (amd64 || arm64)

/* What free(3) and realloc(3) are given by mistake: a block a second time, or what is no block. libc would
 * find out and abort the process, for some mistakes with a lock of its heap held. Here it is found before,
 * while nothing is damaged and nothing locked, and ends the library. What is no address at all faults here,
 * in the library's own text.
 *
 * It takes knowledge of glibc's heap (malloc/malloc.c): the word before a block has its size, with flags; the
 * one after it, with the flag whether this block is in use; and blocks that a thread keeps for itself have a
 * key. So all of that is tried out first, on blocks of our own, and what is not as expected is not looked at.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "offsets.h"
#include "shim.h"

void *__real_malloc(size_t);
void __real_free(void *);

/* glibc's own name for malloc: if they differ, somebody has replaced it. */
void *__libc_malloc(size_t) __attribute__((weak));

enum { IN_USE_BEFORE = 1, MAPPED = 2, FLAGS = 7 };
enum { HEADER = 2 * sizeof(size_t), LEAST = 4 * sizeof(size_t) };
enum { KEPT = 64 };   /* by a thread, of one size, and more (glibc.malloc.tcache_count) */
enum { SMALL = 160 }; /* up to here a free block may be marked as in use (M_MXFAST, mallopt(3)) */

static struct {
    uint32_t sizes, neighbours, maps; /* what is as expected */
    size_t key;                       /* of blocks that a thread keeps; 0 if they have none */
} layout;

static size_t head(uintptr_t block) {
    return ((const size_t *)block)[-1];
}

/* What is no block can have any size, so a thread must not come here with a lock. */
static int in_use(uintptr_t block) {
    return (int)(head(block + (head(block) & ~(size_t)FLAGS)) & IN_USE_BEFORE);
}

/* A large block is a mapping of its own, and the word before the size is how far it begins behind that. */
static int is_mapping(uintptr_t block) {
    size_t before = ((const size_t *)block)[-2], size = head(block) & ~(size_t)FLAGS;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (block - HEADER - before) % page == 0 && (before + size) % page == 0;
}

/* The compiler need not know that it is a block: it may not be read once it is free. */
static uintptr_t block_of(size_t n) {
    uintptr_t block = (uintptr_t)__real_malloc(n);
    __asm__("" : "+r"(block));
    return block;
}

static void give_back(uintptr_t block) {
    __real_free((void *)block);
}

static size_t key_of(size_t n) {
    uintptr_t block = block_of(n);
    if (!block)
        return 0;
    give_back(block);
    return ((const volatile size_t *)block)[1];
}

/* Another thread may get it at once, and then it is in use; so more than once. */
static int shows_free(void) {
    int free = 0;
    for (int i = 0; i < 8 && !free; i++) {
        uintptr_t block = block_of(4000), after = block_of(4000);
        int was = block && after && in_use(block);
        if (block)
            give_back(block);
        free = was && !in_use(block);
        if (after)
            give_back(after);
    }
    return free;
}

void blocks_learn(void) {
    if (layout.sizes || !__libc_malloc || (uintptr_t)__libc_malloc != (uintptr_t)__real_malloc)
        return;
    uintptr_t small = block_of(24), mapping = block_of((32 << 20) + 1); /* DEFAULT_MMAP_THRESHOLD_MAX */
    layout.sizes = small && head(small) / LEAST * LEAST == LEAST && malloc_usable_size((void *)small) == 24 &&
                   in_use(small);
    layout.maps = layout.sizes && mapping && head(mapping) & MAPPED && is_mapping(mapping);
    give_back(small); /* also if it is NULL */
    give_back(mapping);
    layout.neighbours = layout.sizes && shows_free();
    size_t key = key_of(24);
    layout.key = layout.sizes && key == key_of(40) ? key : 0;
}

/* Whether it is one of those that this thread keeps: malloc(3) hands these out first. The key alone does not
 * tell, it stays in the memory when a thread ends and gives back what it has kept. */
static int is_kept(uintptr_t block, size_t size) {
    uintptr_t kept[KEPT];
    int n = 0, found = 0;
    while (n < KEPT && !found && (kept[n] = block_of(size - sizeof size)))
        found = kept[n++] == block;
    while (n > 0)
        give_back(kept[--n]);
    return found;
}

/* What is wrong with it; NULL if nothing is that can be seen. */
static const char *fault_of(uintptr_t block) {
    if (!layout.sizes || !block)
        return NULL;
    if (block % HEADER)
        return "what is no block";
    size_t size = head(block) & ~(size_t)FLAGS;
    if (head(block) & MAPPED)
        return layout.maps && !is_mapping(block) ? "what is no block" : NULL;
    if (size < LEAST || size % HEADER || block - HEADER > -size)
        return "what is no block";
    if (layout.key && ((const size_t *)block)[1] == layout.key && is_kept(block, size))
        return "a block that is free";
    return size > SMALL && layout.neighbours && !in_use(block) ? "a block that is free" : NULL;
}

void block_check(void *block, const char *function) {
    const char *fault = fault_of((uintptr_t)block);
    if (__builtin_expect(!fault, 1) || !contained())
        return;
    fprintf(stderr, "%s(%p): %s\n", function, block, fault);
    call_handler(SIGABRT); /* as abort(3), that libc would call */
    end_library(HOTSO_CRASH_SIGNAL | SIGABRT << 8, "C code: %s() of %s", function, fault);
}

/* For a test: libc is as expected. */
uint32_t blocks_known(void) {
    return layout.sizes && layout.neighbours && layout.maps && layout.key;
}
