//go:build linux && (amd64 || arm64)

/* What C code can't have in a library that is to leave the process again: work that libc
 * does on threads of its own, which nobody can end or ask, and which writes to the
 * library's memory or calls its functions when it is done; and what ends the process.
 * Each fails, with an error that its manual page knows. */
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <mqueue.h>
#include <netdb.h>
#include <unistd.h>
#include "shim.h"

/* The function is the library's own, or there is no hotso host. */
#define PASSES(name) (!hosted() || own_code((uintptr_t)__real_##name))

static int refused(int err) {
    errno = err;
    return -1;
}

/* glibc reads and writes with threads (rt/aio_misc.c). */
#define AIO(name, params, args)                                                                              \
    __attribute__((weak)) int __real_##name params;                                                          \
    int __wrap_##name params {                                                                               \
        return PASSES(name) ? __real_##name args : refused(ENOSYS);                                          \
    }

AIO(aio_read, (struct aiocb * b), (b))
AIO(aio_read64, (struct aiocb64 * b), (b))
AIO(aio_write, (struct aiocb * b), (b))
AIO(aio_write64, (struct aiocb64 * b), (b))
AIO(aio_fsync, (int op, struct aiocb *b), (op, b))
AIO(aio_fsync64, (int op, struct aiocb64 *b), (op, b))
AIO(lio_listio, (int mode, struct aiocb *const list[], int n, struct sigevent *event), (mode, list, n, event))
AIO(lio_listio64, (int mode, struct aiocb64 *const list[], int n, struct sigevent *event),
    (mode, list, n, event))

/* It resolves with threads (resolv/gai_misc.c). */
__attribute__((weak)) int __real_getaddrinfo_a(int, struct gaicb *[], int, struct sigevent *);

int __wrap_getaddrinfo_a(int mode, struct gaicb *list[], int n, struct sigevent *event) {
    if (PASSES(getaddrinfo_a))
        return __real_getaddrinfo_a(mode, list, n, event);
    errno = ENOSYS;
    return EAI_SYSTEM;
}

/* With SIGEV_THREAD, a thread of libc's starts one in the library. */
__attribute__((weak)) int __real_mq_notify(mqd_t, const struct sigevent *);

int __wrap_mq_notify(mqd_t queue, const struct sigevent *event) {
    if (PASSES(mq_notify) || !event || event->sigev_notify != SIGEV_THREAD)
        return __real_mq_notify(queue, event);
    return refused(ENOSYS);
}
