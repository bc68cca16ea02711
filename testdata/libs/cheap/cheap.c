#define _GNU_SOURCE
#include "cheap.h"
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[] = "some text\nand more of it\n";

long cheap_leave(long bytes) {
    void *p[12] = {0};
    char *line = NULL;
    size_t n = 0;
    p[0] = malloc((size_t)bytes);
    p[1] = realloc(malloc(10), 1000);
    p[2] = realloc(NULL, 20);
    p[3] = calloc(10, 10);
    p[4] = strdup(text);
    p[5] = strndup(text, 4);
    if (posix_memalign(&p[6], 4096, 100) != 0 || asprintf((char **)&p[7], "%s", text) < 0)
        return -1;
    p[8] = aligned_alloc(64, 128);
    p[9] = reallocarray(NULL, 3, 5);
    p[10] = memalign(32, 10);
    free(p[3]); /* p[3] on is freed, p[4] on is left */
    FILE *f = fmemopen(text, sizeof text - 1, "r");
    if (!f)
        return -1;
    long lines = 0;
    while (getline(&line, &n, f) > 0)
        lines++;
    fclose(f); /* frees what libc has allocated; line is left */
    putenv(strdup("HOTSO_CHEAP=kept"));
    long sum = lines;
    for (int i = 0; i < 11; i++)
        sum += i != 3 && p[i] != NULL;
    pid_t child = fork(); /* has a heap of its own, and not the other threads */
    if (child == 0) {
        free(malloc(1000));
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0 ? sum : -1;
}

static void *work(void *times) {
    void *kept[64] = {0};
    unsigned seed = (unsigned)(size_t)&kept;
    for (long i = 0; i < *(long *)times; i++) {
        unsigned at = (unsigned)rand_r(&seed) % 64;
        if (i % 3 == 0)
            kept[at] = realloc(kept[at], 1 + (unsigned)rand_r(&seed) % 5000);
        else {
            free(kept[at]);
            kept[at] = malloc(1 + (unsigned)rand_r(&seed) % 200);
        }
    }
    return NULL; /* what is kept is left */
}

long cheap_busy(long threads, long times) {
    pthread_t t[16];
    for (long i = 0; i < threads; i++)
        if (pthread_create(&t[i], NULL, work, &times) != 0)
            return -1;
    for (long i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    return threads;
}
