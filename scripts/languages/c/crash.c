/* crash.c has a library crash in all the ways that there are in turn, and prints how many of the crashes were
 * contained, which is what the process and a call after each say. Arguments: libcrash.v1.so, and how many. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hotso.h"

static const char *const kinds[] = {"goroutine", "nil",    "wild", "throw", "unlock",
                                    "overflow",  "memory", "exit", "log"};

int main(int argc, char **argv) {
    hotsoh_settings settings;
    hotsoh_slot slot;
    hotsoh_function add;
    hotsoh_error *error = NULL;
    if (argc != 3)
        return 2;
    if (hotsoh_settings_new(&settings, &error) ||
        hotsoh_settings_set(settings, "crash_limit", "1000000", &error) ||
        hotsoh_slot_new("crash", settings, &slot, &error) ||
        hotsoh_slot_swap(slot, argv[1], 0, NULL, &error) ||
        hotsoh_prepare(slot, "Add", "func(int32, int32) int32", &add, &error)) {
        fprintf(stderr, "%s\n", error->text);
        return 1;
    }
    int n = atoi(argv[2]), contained = 0;
    for (int i = 0; i < n; i++) {
        const char *kind = kinds[i % (int)(sizeof kinds / sizeof *kinds)];
        hotsoh_value v = {.type = HOTSOH_TYPE_STRING, .data = kind, .length = strlen(kind)};
        hotsoh_status s = hotsoh_call_name(slot, "hotso_drill", &v, 1, NULL, NULL, &error);
        if (s != HOTSOH_CRASHED) {
            printf("%s: %s\n", kind, s ? error->text : "no crash");
            continue;
        }
        hotsoh_free(error);
        error = NULL;
        uint64_t args[2] = {40, 2}, sum = 0;
        struct timespec pause = {0, 1000000};
        while ((s = hotsoh_invoke(add, args, 2, &sum, NULL)) == HOTSOH_CRASHED)
            nanosleep(&pause, NULL); /* it is being loaded again */
        contained += s == HOTSOH_OK && sum == 42;
    }
    printf("%d crashes, %d contained\n", n, contained);
    return contained == n ? 0 : 1;
}
