#include "cthreads.h"
#include <string.h>

static int64_t ticks;

void tick(void) {
    __atomic_fetch_add(&ticks, 1, __ATOMIC_RELAXED);
}

int64_t count_ticks(void) {
    return __atomic_load_n(&ticks, __ATOMIC_RELAXED);
}

static int run(const kind *const lists[], const char *name) {
    for (; *lists; lists++)
        for (const kind *k = *lists; k->name; k++)
            if (strcmp(k->name, name) == 0)
                return k->f();
    return -1;
}

int start_kind(char *name) {
    return run((const kind *const[]){thread_kinds, timer_kinds, wait_kinds, 0}, name);
}

int try_kind(char *name) {
    return run((const kind *const[]){join_kinds, refused_kinds, call_kinds, child_kinds, 0}, name);
}
