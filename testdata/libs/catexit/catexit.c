#define _GNU_SOURCE
#include "catexit.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "_cgo_export.h"

extern void *__dso_handle;
int __cxa_atexit(void (*)(void *), void *, void *);

static int out = -1;

static void say(char c) {
    (void)!write(out, &c, 1);
}

static void by_atexit(void) {
    say('a');
}
static void by_on_exit(int status, void *arg) {
    say(arg == &out ? (char)('0' + status) : '?');
}
static void by_cxa(void *arg) {
    say(arg == &out ? 'c' : '?');
}
static void by_quick(void) {
    say('q');
}
static void nested(void) {
    say('n');
}

static void registers(void) {
    atexit(nested);
    say('r');
}

__attribute__((destructor)) static void by_image(void) {
    if (out >= 0)
        say('d');
}

static void before_fork(void) {
    say('b');
}
static void in_parent(void) {
    say('p');
}
static void in_child(void) {
    say('k');
}

int register_all(int fd) {
    out = fd;
    return atexit(by_atexit) | on_exit(by_on_exit, &out) | __cxa_atexit(by_cxa, &out, &__dso_handle) |
           at_quick_exit(by_quick) | atexit(registers) | pthread_atfork(before_fork, in_parent, in_child);
}

static pthread_t worker;

static void *work(void *unused) {
    for (volatile int i = 0;; i++)
        ;
    return unused;
}

static void fault(void) {
    *(volatile int *)(uintptr_t)8 = 1;
}
static void fail(void) {
    abort();
}
static void leave(void) {
    exit(3);
}

static void spin(void) {
    for (volatile int i = 0;; i++)
        ;
}

static void overflow(void) {
    volatile char big[1 << 16];
    big[0] = 1;
    overflow();
    big[1] = 1;
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *hold(void *holds) {
    pthread_mutex_lock(&held);
    __atomic_store_n((int *)holds, 1, __ATOMIC_RELEASE);
    return work(NULL);
}

static void lock(void) {
    pthread_mutex_lock(&held);
    say('l');
}

static void join(void) {
    pthread_join(worker, NULL);
    say('j');
}

static void start(void) {
    pthread_t t;
    say(pthread_create(&t, NULL, work, NULL) ? 't' : '?');
}

static void call_go(void) {
    Add(1, 2);
    say('g');
}

static const struct {
    const char *name;
    void (*f)(void);
} ways[] = {{"fault", fault}, {"abort", fail}, {"exit", leave},        {"spin", spin}, {"join", join},
            {"start", start}, {"go", call_go}, {"overflow", overflow}, {"lock", lock}};

int register_bad(const char *way) {
    if (strcmp(way, "join") == 0 && pthread_create(&worker, NULL, work, NULL) != 0)
        return -1;
    if (strcmp(way, "lock") == 0) {
        static int holds;
        if (pthread_create(&worker, NULL, hold, &holds) != 0)
            return -1;
        while (!__atomic_load_n(&holds, __ATOMIC_ACQUIRE))
            sched_yield();
    }
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i].name, way) == 0)
            return atexit(ways[i].f);
    return -1;
}

int exit_in_child(int quick) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        alarm(5);
        if (quick)
            quick_exit(7);
        exit(6);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int fork_once(void) {
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return waitpid(child, &status, 0) == child ? status : -1;
}
