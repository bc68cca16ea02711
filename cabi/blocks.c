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
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "shim.h"

void *__real_malloc(size_t);
void __real_free(void *);

/* glibc's own name for malloc: if they differ, somebody has replaced it. */
void *__libc_malloc(size_t) __attribute__((weak));

enum { IN_USE_BEFORE = 1, MAPPED = 2, FLAGS = 7 };
enum { HEADER = 2 * sizeof(size_t), LEAST = 4 * sizeof(size_t) };
enum { KEPT = 64 };      /* by a thread, of one size, and more (glibc.malloc.tcache_count), */
enum { LARGEST = 1040 }; /* and of these sizes: trying out larger ones might take much memory */
enum { SMALL = 160 };    /* up to here a free block may be marked as in use (M_MXFAST, mallopt(3)) */

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
    size_t before = ((const size_t *)block)[-2] & ~(size_t)FLAGS, size = head(block) & ~(size_t)FLAGS;
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

/* How many blocks the tries below take at most. */
enum { TRIES = 16 };

/* A thread that keeps as many as it may gives others back; so more than once. malloc(3) takes the key out of
 * what it hands out: what stays is something else, a link of a list, or what was there before. */
static size_t key_of(size_t n) {
    uintptr_t blocks[TRIES];
    size_t key = 0;
    int taken = 0;
    while (!key && taken < TRIES && (blocks[taken] = block_of(n))) {
        const volatile size_t *block = (const volatile size_t *)blocks[taken];
        give_back(blocks[taken]);
        size_t there = block[1];
        blocks[taken] = block_of(n);
        if (blocks[taken] == (uintptr_t)block && block[1] != there)
            key = there;
        taken++;
    }
    while (taken > 0)
        give_back(blocks[--taken]);
    return key;
}

/* Of two blocks side by side, the second says of the first whether it is in use. Another thread may get that
 * at once, and then it is; so more than once. */
static int shows_free(void) {
    uintptr_t blocks[TRIES];
    int n = 0, shown = 0;
    while (n < TRIES && !shown && (blocks[n] = block_of(4000))) {
        if (n > 0 && blocks[n - 1] && blocks[n] == blocks[n - 1] + (head(blocks[n - 1]) & ~(size_t)FLAGS) &&
            head(blocks[n]) & IN_USE_BEFORE) {
            give_back(blocks[n - 1]);
            shown = !(*((const volatile size_t *)blocks[n] - 1) & IN_USE_BEFORE);
            blocks[n - 1] = 0;
        }
        n++;
    }
    while (n > 0)
        give_back(blocks[--n]);
    return shown;
}

/* It may be larger than asked for by less than a block. */
static int has_size(uintptr_t block, size_t n) {
    size_t size = head(block) & ~(size_t)FLAGS;
    return size >= n + sizeof size && size < n + sizeof size + LEAST && in_use(block) &&
           malloc_usable_size((void *)block) == size - sizeof size;
}

void blocks_learn(void) {
    if (layout.sizes || !__libc_malloc || (uintptr_t)__libc_malloc != (uintptr_t)__real_malloc)
        return;
    uintptr_t small = block_of(24), mapping = block_of((32 << 20) + 1); /* DEFAULT_MMAP_THRESHOLD_MAX */
    int has_tag = small >> 56 != 0; /* what is before the block has another (glibc.mem.tagging) */
    layout.sizes = small && !has_tag && has_size(small, 24);
    layout.maps = layout.sizes && mapping && head(mapping) & MAPPED && is_mapping(mapping);
    give_back(small); /* also if it is NULL */
    give_back(mapping);
    layout.neighbours = layout.sizes && shows_free();
    size_t key = layout.sizes ? key_of(24) : 0;
    layout.key = key && key == key_of(40) ? key : 0;
}

/* Whether it is one of those that this thread keeps: malloc(3) hands these out first. The key alone does not
 * tell, it stays in the memory when a thread ends and gives back what it has kept. */
static int is_kept(uintptr_t block, size_t size) {
    uintptr_t kept[KEPT];
    int n = 0, found = 0, err = errno; /* free(3) leaves it as it is */
    while (n < KEPT && !found && (kept[n] = block_of(size - sizeof size)))
        found = kept[n++] == block;
    while (n > 0)
        give_back(kept[--n]);
    errno = err;
    return found;
}

/* The small block that a thread has freed last, by a hash of the thread. If a thread keeps enough already,
 * such a block goes to a list that leaves no trace in it, and libc looks at the first of that only. */
static struct { _Alignas(64) uintptr_t block; } last_freed[64];

static uintptr_t *last_freed_here(void) {
    return &last_freed[(thread_pointer() >> 6) * UINT64_C(0x9e3779b97f4a7c15) >> 58].block;
}

void block_given(const void *block) {
    uintptr_t *last = last_freed_here();
    if (__atomic_load_n(last, __ATOMIC_RELAXED) == (uintptr_t)block)
        __atomic_store_n(last, 0, __ATOMIC_RELAXED);
}

static int is_freed_again(uintptr_t block, size_t size) {
    uintptr_t *last = last_freed_here();
    if (__atomic_load_n(last, __ATOMIC_RELAXED) == block && is_kept(block, size))
        return 1;
    __atomic_store_n(last, block, __ATOMIC_RELAXED);
    return 0;
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
    if (layout.key && size <= LARGEST && ((const size_t *)block)[1] == layout.key && is_kept(block, size))
        return "a block that is free";
    int again = size <= SMALL ? is_freed_again(block, size) : layout.neighbours && !in_use(block);
    return again ? "a block that is free" : NULL;
}

void block_check(void *block, const char *function) {
    const char *fault = fault_of((uintptr_t)block);
    if (__builtin_expect(!fault, 1) || !contained())
        return;
    fprintf(stderr, "%s(%p): %s\n", function, block, fault);
    end_by_abort("C code: %s() of %s", function, fault);
}

/* For a test: libc is as expected. */
uint32_t blocks_known(void) {
    return layout.sizes && layout.neighbours && layout.maps && layout.key;
}
