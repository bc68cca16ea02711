//go:build linux && (amd64 || arm64)

/* Checks that failed in the library's C code, by assert(3) and by the compiler. libc aborts
 * by itself then, so what the checks call is wrapped; it ends the library like abort(3). */
#define _GNU_SOURCE
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "offsets.h"
#include "shim.h"

_Noreturn void __real___assert_fail(const char *, const char *, unsigned, const char *);
_Noreturn void __real___assert_perror_fail(int, const char *, unsigned, const char *);
_Noreturn void __real___assert(const char *, const char *, int);
_Noreturn void __real___stack_chk_fail(void);

static _Noreturn void failed(const char *what, const char *file, unsigned line, const char *function) {
    fprintf(stderr, "%s:%u: %s%s%s\n", file, line, function ? function : "", function ? ": " : "", what);
    end_library(HOTSO_CRASH_SIGNAL | SIGABRT << 8, "C code: %s:%u: %s%s%s", file, line,
                function ? function : "", function ? ": " : "", what);
}

_Noreturn void __wrap___assert_fail(const char *what, const char *file, unsigned line, const char *function) {
    char text[256];
    if (!contained())
        __real___assert_fail(what, file, line, function);
    snprintf(text, sizeof text, "Assertion `%s' failed.", what);
    failed(text, file, line, function);
}

_Noreturn void __wrap___assert_perror_fail(int errnum, const char *file, unsigned line,
                                           const char *function) {
    char text[256];
    if (!contained())
        __real___assert_perror_fail(errnum, file, line, function);
    snprintf(text, sizeof text, "Unexpected error: %s.", strerror(errnum));
    failed(text, file, line, function);
}

_Noreturn void __wrap___assert(const char *what, const char *file, int line) {
    if (!contained())
        __real___assert(what, file, line);
    __wrap___assert_fail(what, file, (unsigned)line, NULL);
}

static int within(uintptr_t p, uintptr_t low, uintptr_t high) {
    return p >= low && p < high;
}

/* Whether the frame of the call that this thread is in is as it was made. On a thread of the
 * host's, what lies above it is the host's. */
static int call_is_whole(void) {
    const hotso_record *r = record();
    const hotso_jump *j = r->jump;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), at = (uintptr_t)j;
    if (r->owner != hotso_load_config.owner || !j)
        return 0;
    if (j == &hotso_no_jump)
        return 1; /* a thread of its own: there is nothing else on its stack */
    return !by_host(j) && within(at, here, here + (1 << 23)) && (j->depth & ~HOTSO_IN_HOST) == r->depth - 1 &&
           within((uintptr_t)j->buf[1], entry()->text_low, entry()->text_high) &&
           within((uintptr_t)j->buf[2], at - 4096, at + 4096);
}

/* -fstack-protector: a buffer on the stack was written beyond its end. How far nobody knows,
 * but a write that reached the frames of the host has gone over that of the call. */
_Noreturn void __wrap___stack_chk_fail(void) {
    if (!contained() || !call_is_whole())
        __real___stack_chk_fail();
    end_library(HOTSO_CRASH_SIGNAL | SIGABRT << 8, "C code: stack smashing detected");
}
