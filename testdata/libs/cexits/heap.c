/* The C heap, used in all ways that are right. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "cexits.h"

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A block got in one of the ways there are. Its memory is left as it is. */
static void *some_block(uint64_t *state) {
    void *got = NULL;
    size_t n = (size_t)(next_random(state) >> (10 + next_random(state) % 20));
    size_t alignment = (size_t)16 << next_random(state) % 13;
    if (next_random(state) % 1000 == 0)
        n = 40 << 20;
    switch (next_random(state) % 6) {
    case 0:
        return calloc(1, n % 100000);
    case 1:
        return posix_memalign(&got, alignment, n) == 0 ? got : NULL;
    case 2:
        return aligned_alloc(alignment, n);
    case 3:
        return valloc(n);
    case 4:
        return strndup("a block of a string", n);
    default:
        return malloc(n);
    }
}

static void *use_heap(void *seed) {
    void *all[256] = {0};
    uint64_t state = (uint64_t)(uintptr_t)seed;
    for (int i = 0; i < 20000; i++) {
        size_t at = (size_t)next_random(&state) % 256;
        if (next_random(&state) % 4 == 0) {
            void *moved = realloc(all[at], 1 + (size_t)next_random(&state) % 5000);
            all[at] = moved ? moved : all[at];
        } else {
            free(all[at]);
            all[at] = some_block(&state);
        }
    }
    for (size_t i = 0; i < 256; i++)
        free(all[i]);
    return NULL;
}

/* Threads that end leave what they have kept to others. */
void heap_use(int rounds) {
    pthread_t t[8];
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 8; i++)
            pthread_create(&t[i], NULL, use_heap, (void *)(uintptr_t)(8 * r + i));
        for (int i = 0; i < 8; i++)
            pthread_join(t[i], NULL);
    }
}
