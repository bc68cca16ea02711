/* How a thread calls a function without Go: see directly.h. */
#ifndef LIBHOTSO_DIRECT_H
#define LIBHOTSO_DIRECT_H

#include "exports.h"

enum { HOTSO_DIRECT_WORDS = 24 };

/* How a thread calls one function of one version: invoke.Direct, which is Go's and does not change. */
typedef struct hotso_direct {
    const uint32_t *closed;
    void *const *current;
    void *target;
    void *const *diversion;
    uint32_t *state;
    uint64_t *left;
    const uint32_t *dead;

    int32_t (*trampoline)(void *frame);
    void *frame;
    uint64_t *words;
    const uint64_t *status;
    const uint64_t *returned;
    const uint64_t *result;
    const char *buffer;
    const uint64_t *length;
    uint64_t capacity;

    uint64_t mask;
    uint8_t shape;
    uint8_t size;
    uint8_t count;
    uint8_t extra;
    uint8_t at[HOTSO_DIRECT_WORDS];
    uint8_t kind[HOTSO_DIRECT_WORDS];
} hotso_direct;

/* What hotso_call_directly returns if the call has to be made by Go. */
enum { HOTSO_BY_GO = -1 };

#endif
