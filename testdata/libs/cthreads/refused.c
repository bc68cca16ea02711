/* What a hosted library can't have. */
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <mqueue.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "cthreads.h"

static void called(union sigval v) {
    (void)v;
    tick();
}

static struct sigevent by_thread(void) {
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};
    event.sigev_notify_function = called;
    return event;
}

static struct aiocb block(void) {
    static char c;
    return (struct aiocb){.aio_buf = &c, .aio_nbytes = 1, .aio_sigevent = by_thread()};
}

static int read_later(void) {
    static struct aiocb b;
    b = block();
    return aio_read(&b) == 0 ? 0 : errno;
}

static int write_later(void) {
    static struct aiocb b;
    b = block();
    return aio_write(&b) == 0 ? 0 : errno;
}

static int sync_later(void) {
    static struct aiocb b;
    b = block();
    return aio_fsync(0, &b) == 0 ? 0 : errno;
}

static int list_later(void) {
    static struct aiocb b;
    static struct aiocb *list[] = {&b};
    struct sigevent event = by_thread();
    b = block();
    return lio_listio(LIO_NOWAIT, list, 1, &event) == 0 ? 0 : errno;
}

static int resolve_later(void) {
    static struct gaicb g = {.ar_name = "localhost"};
    static struct gaicb *list[] = {&g};
    struct sigevent event = by_thread();
    return getaddrinfo_a(GAI_NOWAIT, list, 1, &event) == EAI_SYSTEM ? errno : 0;
}

static int message_later(void) {
    struct sigevent event = by_thread();
    return mq_notify(0, &event) == 0 ? 0 : errno;
}

static int in_clone(void *unused) {
    (void)unused;
    tick();
    return 0;
}

static int thread_of_the_kernel(void) {
    static char stack[1 << 16] __attribute__((aligned(16)));
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    return clone(in_clone, stack + sizeof stack, flags, 0) < 0 ? errno : 0;
}

static int in_the_background(void) {
    return daemon(1, 1) == 0 ? 0 : errno;
}

const kind refused_kinds[] = {
    {"aio_read", read_later},        {"aio_write", write_later},       {"aio_fsync", sync_later},
    {"lio_listio", list_later},      {"getaddrinfo_a", resolve_later}, {"mq_notify", message_later},
    {"clone", thread_of_the_kernel}, {"daemon", in_the_background},    {0, 0}};
