/* A child of fork(2) has the thread that forked, and none of the Go runtime's. Calls into Go work there
 * until the first that needs another thread, a collection at the latest, and then wait for
 * ever. So under a host that is no hotso host, a child answers at once, without Go. fork(2)
 * itself tells us: the C library calls what pthread_atfork registered; to ask getpid(2) in
 * each call would be a system call. A child of clone(2), called directly, is not noticed. */
#include <string.h>
#include "shim.h"
#ifndef _WIN32
#include <pthread.h>
#endif

uint32_t hotso_forked;

void become_forked(void) {
    hotso_forked = 1;
    hotso_pending = 1; /* for who calls what returns no status */
}

#ifdef HOTSO_SHIM
int __wrap_pthread_atfork(void (*)(void), void (*)(void), void (*)(void));

/* By the wrapper, as the linker would have it, but does not with -flto. */
void watch_forks(void) {
    __wrap_pthread_atfork(NULL, NULL, become_forked);
}
#elif !defined(_WIN32)
__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, become_forked);
}
#endif

/* Statuses of the C side's own have no id: Go could not be asked for their messages. */
static const char *message(hotso_status status) {
    switch (status) {
    case HOTSO_FORKED:
        return "this process was forked after the library was loaded, and a Go runtime does not survive "
               "that: load the library after the fork, or start a new program";
    case HOTSO_TIMEOUT:
        return "the Go runtime and the init functions of the library were not ready in time";
    }
    return NULL;
}

int take_own(hotso_status *status, char *out, size_t out_cap, size_t *out_len) {
    const char *text = message(*status);
    if (!text && !hotso_forked)
        return 0;
    size_t size = text ? strlen(text) : 0;
    *out_len = size;
    *status = !text ? HOTSO_GONE : size > out_cap ? HOTSO_TOO_SMALL : HOTSO_OK;
    if (*status == HOTSO_OK)
        memcpy(out, text, size);
    return 1;
}

/* The exports that return a status, see HOTSO_RETURNS_STATUS. The linker defines both for a section
 * whose name could be that of a variable (ld(1), "Input Section Example"); weak, as a library
 * may have none. */
#ifdef HOTSO_SHIM
extern const char __start_hotso_status[] __attribute__((weak, visibility("hidden")));
extern const char __stop_hotso_status[] __attribute__((weak, visibility("hidden")));

/* cgo's export passes its arguments, and room for its result behind them, as a struct of n bytes, padded
 * to whole words (cmd/cgo/out.go, writeExports), and has filled it with 0. An int32 is in one of
 * the last two places of four bytes; the other is padding or an argument that nobody reads
 * any more. */
void refuse_forked(const void *export, void *arg, int n) {
    const char *at = export;
    const int32_t status[2] = {HOTSO_FORKED, HOTSO_FORKED};
    if (at >= __start_hotso_status && at < __stop_hotso_status && n >= (int)sizeof status)
        memcpy((char *)arg + n - sizeof status, status, sizeof status);
}
#endif
