#ifndef CTHREADS_H
#define CTHREADS_H

#include <stdint.h>
#include <stdlib.h>

/* What has a name, and returns 0 or the number of an error. */
typedef struct kind {
    const char *name;
    int (*f)(void);
} kind;

int start_kind(char *name);
int try_kind(char *name);
int64_t count_ticks(void);
void tick(void);
int has_room(void);

extern const kind thread_kinds[], timer_kinds[], wait_kinds[], join_kinds[], refused_kinds[], call_kinds[],
    child_kinds[];

#endif
