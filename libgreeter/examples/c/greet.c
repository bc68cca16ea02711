/*
 * greet.c: a C host of the greeter, through include/greeter.h.
 *
 *     cc -std=c99 -I include -o greet libgreeter/examples/c/greet.c -ldl
 *     ./greet build/libgreeter.v2.so
 *
 * Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file
 * is not a library that this program can use.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "greeter.h"

enum { FAILED = 1, USAGE = 2, NOT_USABLE = 3 };

/* The functions of the library. Their types are those of the headers. */
static __typeof__(hotso_describe) *describe;
static __typeof__(hotso_start) *start;
static __typeof__(hotso_stop) *stop;
static __typeof__(hotso_take) *take;
static __typeof__(hotso_take_status) *take_status;
static __typeof__(hotso_free) *free_result;
static uint32_t *pending;
static __typeof__(Greet) *greet;
static __typeof__(Add) *add;
static __typeof__(GreetName) *greet_name;

/* Looks a symbol up. dlsym returns void *, which ISO C does not convert to a
 * pointer to a function; POSIX says that it has the same representation. */
static void look_up(void *library, const char *name, void *pointer) {
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        exit(NOT_USABLE);
    }
    memcpy(pointer, &symbol, sizeof symbol);
}

static void open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(NOT_USABLE);
    }
    look_up(library, "hotso_describe", &describe);
    look_up(library, "hotso_start", &start);
    look_up(library, "hotso_stop", &stop);
    look_up(library, "hotso_take", &take);
    look_up(library, "hotso_take_status", &take_status);
    look_up(library, "hotso_free", &free_result);
    look_up(library, "hotso_pending", &pending);

    const hotso_description *d = describe();
    if (memcmp(d->magic, "hotso\0\0\1", sizeof d->magic) != 0 || d->abi != HOTSO_ABI_VERSION) {
        fprintf(stderr, "%s: not a hotso library of ABI %d\n", path, HOTSO_ABI_VERSION);
        exit(NOT_USABLE);
    }
    if (d->name[0])
        printf("library: %s %s, ABI %u\n", d->name, d->version, (unsigned)d->abi);
    else
        printf("library: not sealed, ABI %u\n", (unsigned)d->abi);

    look_up(library, "Greet", &greet);
    look_up(library, "Add", &add);
    look_up(library, "GreetName", &greet_name);
    /* There is no dlclose: only a hotso host can take a Go library out again. */
}

/* Returns the bytes kept for a status, NUL-terminated, for the caller to free(3). size
 * is how many are expected; there may be more. */
static char *take_text(hotso_status status, size_t size) {
    char *text = NULL;
    for (;;) {
        char *larger = realloc(text, size + 1);
        if (!larger) {
            perror("take_text");
            exit(FAILED);
        }
        text = larger;
        size_t capacity = size;
        hotso_status s = take(status, text, capacity, &size);
        if (HOTSO_KIND(s) != HOTSO_TOO_SMALL) {
            text[s == HOTSO_OK ? size : 0] = '\0';
            return text;
        }
    }
}

/* Ends the program if status is not HOTSO_OK. */
static void check(const char *what, hotso_status status) {
    if (status == HOTSO_OK)
        return;
    char *message = take_text(status, 256);
    fprintf(stderr, "%s: %s\n", what, message);
    free(message);
    exit(FAILED);
}

/* To be called after a function that returns no status: did it panic? */
static void check_pending(const char *what) {
    if (__atomic_load_n(pending, __ATOMIC_RELAXED) != 0)
        check(what, take_status());
}

/* Greets into a buffer of the caller's: one call if the greeting is short. */
static void greet_by_name(const char *name) {
    char small[32];
    size_t length = 0;
    hotso_status status = greet_name(name, strlen(name), small, sizeof small, &length);
    switch (HOTSO_KIND(status)) {
    case HOTSO_OK:
        printf("GreetName: %.*s\n", (int)length, small);
        break;
    case HOTSO_TOO_SMALL: {
        char *large = take_text(status, length);
        printf("GreetName: %s (%lu bytes, taken)\n", large, (unsigned long)length);
        free(large);
        break;
    }
    default: {
        char *message = take_text(status, 256);
        printf("GreetName: error: %s\n", message);
        free(message);
    }
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: greet LIBRARY\n");
        return USAGE;
    }
    open_library(argv[1]);
    check("hotso_start", start(INT64_C(10000000000))); /* 10 s */

    char *text = greet();
    check_pending("Greet");
    printf("Greet: %s\n", text);
    free_result(text);

    int32_t sum = add(40, 2);
    check_pending("Add");
    printf("Add: 40 + 2 = %d\n", (int)sum);

    greet_by_name("Ada");
    greet_by_name("Augusta Ada King, Countess of Lovelace");
    greet_by_name("");

    check("hotso_stop", stop(INT64_C(10000000000)));
    printf("stopped\n");
    return 0;
}
