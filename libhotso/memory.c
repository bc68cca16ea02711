/* Memory that goes from one side to the other is malloc's. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "exports.h"

hotsoh_status hotso_fail(hotsoh_error **error, hotsoh_status status, int32_t code, const char *text,
                         size_t text_length, const char *json, size_t json_length) {
    if (!error)
        return status;
    hotsoh_error *e = malloc(sizeof *e + text_length + json_length + 2);
    *error = e;
    if (!e)
        return status;
    char *p = (char *)(e + 1);
    *e = (hotsoh_error){status, code, p, p + text_length + 1};
    memcpy(p, text, text_length);
    p[text_length] = 0;
    memcpy(p + text_length + 1, json, json_length);
    p[text_length + 1 + json_length] = 0;
    return status;
}

/* What hotsoh_alloc has given out, so that a callback may return other memory as well, which is not freed.
 * There are few: large results of callbacks that are under way. */
static struct block {
    struct block *next;
    void *memory;
} * blocks;
static uint32_t block_count;
static pthread_mutex_t block_lock = PTHREAD_MUTEX_INITIALIZER;

void *hotsoh_alloc(size_t size) {
    if (hotso_unusable) /* in a forked child the lock may be held for good */
        return NULL;
    struct block *b = malloc(sizeof *b);
    void *memory = malloc(size ? size : 1);
    if (!b || !memory) {
        free(b);
        free(memory);
        return NULL;
    }
    pthread_mutex_lock(&block_lock);
    *b = (struct block){blocks, memory};
    blocks = b;
    __atomic_fetch_add(&block_count, 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&block_lock);
    return memory;
}

/* Takes memory out of the list, and reports whether it was there. */
static int forget(const void *memory) {
    struct block *found = NULL;
    if (!memory || __atomic_load_n(&block_count, __ATOMIC_ACQUIRE) == 0)
        return 0;
    pthread_mutex_lock(&block_lock);
    for (struct block **b = &blocks; *b; b = &(*b)->next)
        if ((*b)->memory == memory) {
            found = *b;
            *b = found->next;
            __atomic_fetch_sub(&block_count, 1, __ATOMIC_RELEASE);
            break;
        }
    pthread_mutex_unlock(&block_lock);
    free(found);
    return found != NULL;
}

void hotsoh_free(void *memory) {
    if (hotso_unusable != HOTSOH_FORKED)
        forget(memory);
    free(memory);
}

void hotso_free_result(void *memory) {
    if (forget(memory))
        free(memory);
}
