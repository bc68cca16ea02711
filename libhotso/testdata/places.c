/* places.c: libhotso where little is there: little address space, no /proc, another namespace of the dynamic
 * linker. Arguments: libhotso.so, version 1 of greeter, and which place: "limit" BYTES, "chroot" DIRECTORY,
 * or "dlmopen". BYTES are on top of what the process has when libhotso is up. It prints what the load says,
 * and whether a call is answered. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hotso.h"

static void *library;

#define FUNCTION(name) ((__typeof__(&(name)))dlsym(library, #name))

/* Bytes of address space. */
static unsigned long long size(void) {
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%llu", &pages) != 1)
        abort();
    fclose(f);
    return pages * (unsigned long long)getpagesize();
}

static int skip(const char *why) {
    printf("skipped: %s: %s\n", why, strerror(errno));
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    if (strcmp(argv[3], "dlmopen") == 0)
        library = dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW);
    else
        library = dlopen(argv[1], RTLD_NOW);
    if (!library) {
        printf("dlopen: %s\n", dlerror());
        return 1;
    }
    FUNCTION(hotsoh_version)(); /* waits for its Go runtime */
    if (strcmp(argv[3], "limit") == 0) {
        rlim_t bytes = size() + strtoull(argv[4], NULL, 10);
        struct rlimit limit = {bytes, bytes};
        if (setrlimit(RLIMIT_AS, &limit) != 0)
            return skip("setrlimit");
    } else if (strcmp(argv[3], "chroot") == 0) {
        if (chdir(argv[4]) != 0 || (chroot(".") != 0 && (unshare(CLONE_NEWUSER) != 0 || chroot(".") != 0)))
            return skip("chroot");
    }
    /* What a thread of libhotso's leaves behind in the dynamic linker meets a later close. */
    for (int round = 0; round < 20 && strcmp(argv[3], "dlmopen") == 0; round++) {
        hotsoh_library before = 0;
        if (FUNCTION(hotsoh_library_open)(argv[2], 0, 0, &before, NULL) ||
            FUNCTION(hotsoh_close)(before, 0, NULL, NULL))
            printf("round %d failed\n", round);
    }
    hotsoh_error *error = NULL;
    hotsoh_library greeter = 0;
    hotsoh_status status = FUNCTION(hotsoh_library_open)(argv[2], 0, 0, &greeter, &error);
    printf("open: %s: %s\n", FUNCTION(hotsoh_status_name)(status), error ? error->text : "");
    FUNCTION(hotsoh_free)(error);
    error = NULL;
    hotsoh_function add = 0;
    uint64_t args[] = {40, 2}, result = 0;
    char *report = NULL;
    if (!status && FUNCTION(hotsoh_prepare)(greeter, "Add", NULL, &add, NULL) == HOTSOH_OK)
        FUNCTION(hotsoh_invoke)(add, args, 2, &result, NULL);
    printf("answer: %d\n", (int)result);
    if (!status) {
        status = FUNCTION(hotsoh_close)(greeter, 0, &report, &error);
        printf("close: %s: %s: %s\n", FUNCTION(hotsoh_status_name)(status), error ? error->text : "",
               report ? report : "");
    }
}
