/*
 * serve.c: a C program that calls a library while its version is swapped.
 *
 *     make libhotso lib VERSION=1 && make lib VERSION=2
 *     cc -I include -o serve libhotso/examples/c/serve.c -Lbuild -lhotso -Wl,-rpath,$PWD/build -lpthread
 *     ./serve build/libgreeter.v1.so build/libgreeter.v2.so
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hotso.h"

enum { CALLERS = 8, SWAPS = 20 };

static hotsoh_function add;
static int stop;
static uint64_t calls, failures;

/* Ends the program if a function of libhotso failed. */
static void must(hotsoh_status status, hotsoh_error *error) {
    if (status == HOTSOH_OK)
        return;
    fprintf(stderr, "%s: %s\n", hotsoh_status_name(status), error ? error->text : "");
    exit(1);
}

static void *caller(void *unused) {
    uint64_t n = 0, failed = 0;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint64_t args[2] = {n++, 1}, sum;
        if (hotsoh_invoke(add, args, 2, &sum, NULL) != HOTSOH_OK || (uint32_t)sum != (uint32_t)n)
            failed++;
    }
    __atomic_fetch_add(&calls, n, __ATOMIC_RELAXED);
    __atomic_fetch_add(&failures, failed, __ATOMIC_RELAXED);
    return unused;
}

static double milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

int main(int argc, char **argv) {
    hotsoh_error *error = NULL;
    hotsoh_settings settings;
    hotsoh_slot slot;
    hotsoh_status status;
    pthread_t threads[CALLERS];
    char *greeting, *report;

    if (argc != 3) {
        fprintf(stderr, "usage: %s LIBRARY OTHER_VERSION\n", argv[0]);
        return 2;
    }
    status = hotsoh_settings_new(&settings, &error);
    must(status, error);
    status = hotsoh_settings_set(settings, "allow_downgrade", "true", &error);
    must(status, error);
    status = hotsoh_slot_new("greeter", settings, &slot, &error);
    must(status, error);
    status = hotsoh_slot_swap(slot, argv[1], 0, NULL, &error);
    must(status, error);

    status = hotsoh_prepare(slot, "Add", "func(int32, int32) int32", &add, &error);
    must(status, error);
    for (int i = 0; i < CALLERS; i++)
        if (pthread_create(&threads[i], NULL, caller, NULL) != 0)
            return 1;

    double begin = milliseconds();
    for (int i = 1; i <= SWAPS; i++) {
        status = hotsoh_slot_swap(slot, argv[1 + i % 2], 0, NULL, &error);
        must(status, error);
    }
    double took = milliseconds() - begin;
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);

    status = hotsoh_call_json(slot, "GreetName", "[\"Ada\"]", &greeting, NULL, &error);
    must(status, error);
    printf("%s\n%llu calls, %llu failures, %d swaps of %.1f ms\n", greeting, (unsigned long long)calls,
           (unsigned long long)failures, SWAPS, took / SWAPS);
    hotsoh_free(greeting);

    status = hotsoh_close(slot, 0, &report, &error);
    must(status, error);
    hotsoh_free(report);
    hotsoh_release(add, NULL);
    hotsoh_release(slot, NULL);
    hotsoh_release(settings, NULL);
    return failures != 0;
}
