/* The fast way into a library: a call that does not come to Go, unless something is not as ever. It does what
 * Binding.Enter and FinishWords do (host/internal/invoke), with a lease of the thread's own
 * (host/internal/gate/assign.go). Why there is no atomic instruction is said there.
 *
 * It is inline because a processor foretells only so many returns, 16 on many: each function more between a
 * program and a library costs those further out, of which there are many in Node, a return that it did not.
 */
#ifndef LIBHOTSO_DIRECTLY_H
#define LIBHOTSO_DIRECTLY_H

#include <string.h>
#include "_cgo_export.h"
#include "direct.h"

enum { PLAIN, STATUS, SCALAR, SPAN };
enum { RAW, INT8, UINT8, INT16, UINT16, SPAN_AT, ADDRESS };

/* The compiler leaves loads and stores on their side; the owner of the gate sees to the processor. */
#define BARRIER() __asm__ volatile("" ::: "memory")

static inline uint32_t load(const uint32_t *p) {
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void store(uint32_t *p, uint32_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}

/* Gives the lease back. */
static inline void leave(hotso_place *place, const hotso_direct *d) {
    *d->left += 1;
    BARRIER();
    store(d->state, 0);
    BARRIER();
    if (load(d->closed))
        direct_settle(place);
}

/* Puts the arguments into the frame; 0 if one of them is not acceptable, which Go then says. */
static int put(const hotso_direct *d, const uint64_t *args) {
    for (unsigned i = 0; i < d->count; i++) {
        uint64_t word = args[i];
        switch (d->kind[i]) {
        case INT8:
            word = (uint64_t)(int64_t)(int8_t)word;
            break;
        case UINT8:
            word = (uint8_t)word;
            break;
        case INT16:
            word = (uint64_t)(int64_t)(int16_t)word;
            break;
        case UINT16:
            word = (uint16_t)word;
            break;
        case SPAN_AT:
            if ((!word && args[i + 1]) || args[i + 1] >> 48)
                return 0;
            break;
        case ADDRESS:
            if (!word)
                return 0;
        }
        d->words[d->at[i]] = word;
    }
    return 1;
}

static inline hotsoh_status hotso_call_directly(hotso_place *place, const uint64_t *args, uint32_t count,
                                                uint64_t *result, hotsoh_error **error) {
    const hotso_direct *d = place->direct;
    if (count != d->count || load(d->state) || *d->current != d->target || *d->diversion || !put(d, args))
        return HOTSO_BY_GO;
    if (d->shape == SPAN) {
        d->words[d->extra] = (uint64_t)(uintptr_t)d->buffer;
        d->words[d->extra + 1] = d->capacity;
        d->words[d->extra + 2] = (uint64_t)(uintptr_t)d->length;
    } else if (d->shape == SCALAR)
        d->words[d->extra] = (uint64_t)(uintptr_t)d->result;

    store(d->state, 1);
    BARRIER();
    if (load(d->closed)) {
        store(d->state, 0);
        BARRIER();
        direct_settle(place);
        return HOTSO_BY_GO;
    }
    d->trampoline(d->frame);
    if (load(d->dead) || (d->shape == PLAIN ? *d->status : (uint32_t)*d->returned))
        return direct_fail(place, result, error);
    if (d->shape != SPAN) {
        if (result && d->mask)
            *result = *d->result & d->mask;
    } else if (result) {
        uint64_t n = *d->length <= d->capacity ? *d->length : d->capacity;
        if (n > result[1])
            return direct_large(place, n, result, error);
        memcpy((void *)(uintptr_t)result[0], d->buffer, n * d->size);
        result[1] = n;
    }
    leave(place, d);
    return HOTSOH_OK;
}

/* What is to be known of a function that the thread calls, if it has that place. */
static inline hotso_place *hotso_place_of(hotsoh_function function) {
    return &hotso_me->places[function % HOTSO_PLACES];
}

static inline int hotso_goes_directly(const hotso_place *p) {
    return p->direct && p->released == __atomic_load_n(&hotso_released, __ATOMIC_ACQUIRE);
}

/* What hotsoh_invoke does first. */
static inline __attribute__((always_inline)) hotsoh_status
hotso_invoke_directly(hotsoh_function function, const uint64_t *args, uint32_t count, uint64_t *result,
                      hotsoh_error **error) {
    if (!hotso_me)
        return HOTSO_BY_GO;
    hotso_place *p = hotso_place_of(function);
    if (p->function != function || !hotso_goes_directly(p))
        return HOTSO_BY_GO;
    return hotso_call_directly(p, args, count, result, error);
}

#endif
