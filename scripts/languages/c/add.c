/* add.c measures Add of the greeter: called as any library is, and prepared through libhotso. For each round
 * it prints the nanoseconds of both. Arguments: the library, and how many rounds. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cabi.h"
#include "hotso.h"

enum { TURNS = 100, CALLS = 10000 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "add: %s\n", what);
    exit(1);
}

static void find(void *library, const char *name, void *pointer) {
    void *symbol = dlsym(library, name);
    must(symbol != NULL, name);
    memcpy(pointer, &symbol, sizeof symbol);
}

int main(int argc, char **argv) {
    must(argc == 3, "usage: add LIBRARY ROUNDS");
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    must(library != NULL, "dlopen");
    __typeof__(hotso_start) *start;
    int32_t (*plain)(int32_t, int32_t);
    find(library, "hotso_start", &start);
    find(library, "Add", &plain);
    must(start(0) == HOTSO_OK, "hotso_start");

    hotsoh_slot slot;
    hotsoh_function add;
    hotsoh_error *error = NULL;
    if (hotsoh_slot_new("greeter", 0, &slot, &error) || hotsoh_slot_swap(slot, argv[1], 0, NULL, &error) ||
        hotsoh_prepare(slot, "Add", "func(int32, int32) int32", &add, &error))
        must(0, error->text);

    for (int round = atoi(argv[2]); round > 0; round--) {
        double fastest[2] = {1e18, 1e18};
        for (int turn = 0; turn < TURNS; turn++) {
            uint32_t sum = 0, same = 0;
            double begin = now();
            for (int32_t i = 0; i < CALLS; i++)
                sum += (uint32_t)plain(i, 1);
            double between = now();
            for (int32_t i = 0; i < CALLS; i++) {
                uint64_t args[2] = {(uint32_t)i, 1}, result = 0;
                must(hotsoh_invoke(add, args, 2, &result, NULL) == HOTSOH_OK, "hotsoh_invoke");
                same += (uint32_t)result;
            }
            double end = now();
            must(sum == same, "other results");
            if (between - begin < fastest[0])
                fastest[0] = between - begin;
            if (end - between < fastest[1])
                fastest[1] = end - between;
        }
        printf("%.2f %.2f\n", fastest[0] / CALLS, fastest[1] / CALLS);
    }
    return 0;
}
