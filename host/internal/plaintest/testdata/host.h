/* host.h: what the programs have in common. Each prints one line for each thing that it
 * tries, "what: ok" or "what: failed". */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plain.h"

#define SECOND INT64_C(1000000000) /* nanoseconds */

/* Looks a function of the library up: FUNCTION(Add)(1, 2). */
#define FUNCTION(name) ((__typeof__(&name))look_up(#name))

static void *library;

static inline void *look_up(const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        exit(3);
    }
    return symbol;
}

static inline void check(const char *what, int right) {
    printf("%s: %s\n", what, right ? "ok" : "failed");
    fflush(stdout);
}

static inline void load(const char *path) {
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(3);
    }
}

static inline void start(void) {
    check("start", FUNCTION(hotso_start)(10 * SECOND) == HOTSO_OK);
}

/* Whether the library answers as it should, with what its calls allocate collected. */
static inline int serves(void) {
    char out[8];
    size_t length = 0;
    char *text = FUNCTION(Text)();
    int right = FUNCTION(Add)(40, 2) == 42 && text && strcmp(text, "text") == 0 &&
                FUNCTION(Echo)("echo", 4, out, sizeof out, &length) == HOTSO_OK && length == 4 &&
                memcmp(out, "echo", 4) == 0;
    FUNCTION(hotso_free)(text);
    FUNCTION(Collect)();
    return right;
}
