/* Prepared functions as C functions with the library's own prototype. */
#include <pthread.h>
#include <string.h>
#include "_cgo_export.h"
#include "directly.h"
#include "exports.h"
#include "pointer.h"

enum { INTEGERS = 6, FLOATS = 8 };

/* What the function of that number calls. It does not change while somebody may use it. */
static struct target {
    hotsoh_function function; /* 0: the number is free */
    uint32_t count;
    uint32_t floats; /* bit n: parameter n is one */
} targets[HOTSO_POINTERS];
static int32_t next; /* where to look first: the place that was free for longest, as callers may be late */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint32_t waiting; /* threads with an error */
static HOTSO_THREAD_LOCAL hotsoh_status failed;
static HOTSO_THREAD_LOCAL hotsoh_error *failure;

/* Finds a place for a function whose parameters are numbers, or the one that it has; -1 if there is none. */
int32_t hotso_point(hotsoh_function function, uint32_t count, uint32_t floats) {
    int32_t number = -1;
    pthread_mutex_lock(&lock);
    for (int32_t n = 0; n < HOTSO_POINTERS; n++) {
        int32_t i = (next + n) % HOTSO_POINTERS;
        if (targets[i].function == function) {
            number = i;
            break;
        }
        if (!targets[i].function && number < 0)
            number = i;
    }
    if (number >= 0 && !targets[number].function) {
        targets[number] = (struct target){function, count, floats};
        next = (number + 1) % HOTSO_POINTERS;
    }
    pthread_mutex_unlock(&lock);
    return number;
}

/* Gives the place of a function back that was released. */
void hotso_unpoint(hotsoh_function function) {
    pthread_mutex_lock(&lock);
    for (int32_t i = 0; i < HOTSO_POINTERS; i++)
        if (targets[i].function == function)
            memset(&targets[i], 0, sizeof targets[i]);
    pthread_mutex_unlock(&lock);
}

#ifdef __x86_64__
extern char hotso_pointers[];

void *hotso_pointer_of(int32_t number) {
    return hotso_pointers + (size_t)number * HOTSO_POINTER_SIZE;
}

/* Is called by all of them: integers and floats are the argument registers. */
__attribute__((visibility("hidden"))) void hotso_called(uint32_t number, const uint64_t *registers,
                                                        uint64_t *result) {
    const struct target *t = &targets[number];
    const uint64_t *integer = registers, *floating = registers + INTEGERS;
    uint64_t words[INTEGERS + FLOATS];
    hotsoh_error *error = NULL;
    for (uint32_t i = 0; i < t->count; i++)
        words[i] = t->floats >> i & 1 ? *floating++ : *integer++;
    *result = 0;
    hotsoh_status status = HOTSO_BY_GO;
    if (!hotso_unusable)
        status = hotso_invoke_directly(t->function, words, t->count, result, &error);
    if (status == HOTSO_BY_GO)
        status = hotsoh_invoke(t->function, words, t->count, result, &error);
    if (status == HOTSOH_OK)
        return;
    *result = 0;
    if (failed)
        hotsoh_free(failure);
    else
        __atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
    failed = status;
    failure = error;
}
#else
void *hotso_pointer_of(int32_t number) {
    (void)number;
    return NULL;
}
#endif

/* No variable is exported, as a program would have a copy of its own (R_X86_64_COPY). */
const uint32_t *hotsoh_pending(void) {
    return &waiting;
}

/* A thread that ends takes its error along. */
void hotso_forget_error(void) {
    hotsoh_error *error = NULL;
    if (hotsoh_take_error(&error))
        hotsoh_free(error);
}

hotsoh_status hotsoh_take_error(hotsoh_error **error) {
    hotsoh_status status = failed;
    if (!status)
        return HOTSOH_OK;
    __atomic_fetch_sub(&waiting, 1, __ATOMIC_RELAXED);
    if (error)
        *error = failure;
    else
        hotsoh_free(failure);
    failed = HOTSOH_OK;
    failure = NULL;
    return status;
}
