#define _GNU_SOURCE
#include "cexits.h"
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <error.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cabi.h"

int32_t Add(int32_t a, int32_t b);

static void by_exit(void) {
    exit(3);
}
static void by__exit(void) {
    _exit(4);
}
static void by__Exit(void) {
    _Exit(5);
}
static void by_quick_exit(void) {
    quick_exit(6);
}
static void by_err(void) {
    err(7, "%s", "err");
}
static void by_errx(void) {
    errx(8, "errx");
}
static void by_error(void) {
    error(0, EINVAL, "goes on"), error(9, 0, "%s", "error");
}
static void by_abort(void) {
    abort();
}
static void by_assert(void) {
    assert(!"a state that can't be");
}
static void by_raise(void) {
    raise(SIGTERM);
}
static void by_kill(void) {
    kill(getpid(), SIGKILL);
}
static void by_killpg(void) {
    kill(0, SIGINT);
}
static void by_tgkill(void) {
    tgkill(getpid(), gettid(), SIGQUIT);
}
static void by_pthread_kill(void) {
    pthread_kill(pthread_self(), SIGUSR1);
}
static void by_sigqueue(void) {
    sigqueue(getpid(), SIGRTMIN, (union sigval){0});
}

static __attribute__((noinline)) void fill(char *to, size_t n) {
    memset(to, 'x', n);
    __asm__ volatile("" ::: "memory");
}

static void by_smash(void) {
    char small[8];
    fill(small, 40);
}

/* Faults, also in functions of libc's that it has called, and where there is no function. The compiler is not
 * to know. */
static void *volatile bad = (void *)8;
static volatile int zero;
static volatile size_t length;

static void by_fault(void) {
    *(volatile int *)bad = 1;
}
static void by_strlen(void) {
    length = strlen(bad);
}
static void by_memcpy(void) {
    char to[64];
    memcpy(to, bad, sizeof to - (size_t)zero);
    fill(to, sizeof to);
}
static void by_division(void) {
    length = (size_t)div(1, zero).quot;
}
static void by_no_function(void) {
    ((void (*)(void))bad)();
    length++; /* or it is a jump */
}
static void by_past_the_end(void) {
    char name[] = "/tmp/cexits-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    length = strlen(page);
}

static void by_function_on_stack(void) {
    char code[16];
    fill(code, sizeof code);
    ((void (*)(void))(uintptr_t)code)();
    length++;
}
static void fault_at_end(void *value) {
    length = strlen(value);
}
static void *end_with_key(void *unused) {
    static pthread_key_t key;
    if (pthread_key_create(&key, fault_at_end) == 0)
        pthread_setspecific(key, bad);
    return unused;
}
static void by_destructor(void) {
    pthread_t t;
    pthread_create(&t, NULL, end_with_key, NULL);
    for (;;)
        pause();
}
/* The shim has a wrapper around it. */
static void by_no_stream(void) {
    length = (size_t)fclose(bad);
}

/* The stack overflows. */
static __attribute__((noinline)) size_t recurse(size_t depth) {
    volatile char frame[512];
    frame[depth % sizeof frame] = (char)depth;
    return recurse(depth + 1) + (size_t)frame[0];
}
static void by_recursion(void) {
    length = recurse((size_t)zero);
}

/* Blocks of the C heap that are freed twice, of all kinds that libc tells apart, and what is no block. */
static void *volatile block;
static void free_twice(size_t n) {
    block = malloc(n);
    free(block);
    free(block);
}

/* What is behind a block tells whether it is in use, as long as that is no free memory itself. */
static void take_before_another(size_t n) {
    char *all[64] = {0};
    for (size_t i = 0; i < 64 && !block; i++) {
        all[i] = malloc(n);
        if (i > 0 && (size_t)(all[i] - all[i - 1]) == n + 8)
            block = all[i - 1];
    }
}
static void by_free_twice(void) {
    free_twice(24);
}
static void by_free_twice_large(void) {
    take_before_another(3000);
    free(block);
    free(block);
}
static void by_free_twice_mapping(void) {
    free_twice(64 << 20);
}
static void by_free_twice_many(void) {
    void *all[64];
    for (size_t i = 0; i < 64; i++)
        all[i] = malloc(400);
    for (size_t i = 0; i < 63; i++)
        free(all[i]);
    block = all[50];
    free(block);
}
/* More than a thread keeps. */
static void by_free_twice_small_of_many(void) {
    void *all[64];
    for (size_t i = 0; i < 64; i++)
        all[i] = malloc(24);
    for (size_t i = 0; i < 64; i++)
        free(all[i]);
    block = all[63];
    free(block);
}
static void by_free_of_static(void) {
    static long none[64];
    block = none + 2;
    free(block);
}
static void by_free_of_middle(void) {
    block = (char *)calloc(1, 400) + 40;
    free(block);
}
static void by_free_of_nothing(void) {
    free(bad);
}
static void by_free_of_nowhere(void) {
    block = (void *)4096;
    free(block);
}
static void by_realloc_twice(void) {
    take_before_another(3000);
    free(block);
    block = realloc(block, 9000);
}

static int less(const void *a, const void *b) {
    (void)a, (void)b;
    exit(10);
}

static void by_qsort(void) {
    int two[] = {2, 1};
    qsort(two, 2, sizeof two[0], less);
}

static const struct {
    const char *name;
    void (*f)(void);
} ways[] = {
    {"exit", by_exit},
    {"_exit", by__exit},
    {"_Exit", by__Exit},
    {"quick_exit", by_quick_exit},
    {"err", by_err},
    {"errx", by_errx},
    {"error", by_error},
    {"abort", by_abort},
    {"assert", by_assert},
    {"raise", by_raise},
    {"kill", by_kill},
    {"killpg", by_killpg},
    {"tgkill", by_tgkill},
    {"smash", by_smash},
    {"sigqueue", by_sigqueue},
    {"pthread_kill", by_pthread_kill},
    {"qsort", by_qsort},
    {"fault", by_fault},
    {"strlen", by_strlen},
    {"memcpy", by_memcpy},
#ifdef __x86_64__
    {"division", by_division}, /* arm64 has none by zero */
#endif
    {"no function", by_no_function},
    {"a function on the stack", by_function_on_stack},
    {"no stream", by_no_stream},
    {"destructor", by_destructor},
    {"recursion", by_recursion},
    {"past the end of a file", by_past_the_end},
    {"free twice", by_free_twice},
    {"free twice, large", by_free_twice_large},
    {"free twice, a mapping", by_free_twice_mapping},
    {"free twice, of many", by_free_twice_many},
    {"free twice, small, of many", by_free_twice_small_of_many},
    {"free of a static", by_free_of_static},
    {"free of a middle", by_free_of_middle},
    {"free of nothing", by_free_of_nothing},
    {"free of nowhere", by_free_of_nowhere},
    {"realloc twice", by_realloc_twice},
};

static void *run(void *way) {
    if (strncmp(way, "overflow of ", 12) == 0)
        overflow((const char *)way + 12);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i].name, way) == 0)
            ways[i].f();
    return way;
}

static void *run_after_go(void *way) {
    return Add(1, 2) == 3 ? run(way) : NULL;
}

int end(const char *way, enum where where) {
    pthread_t t;
    if (where == HERE)
        run((void *)way);
    else if (pthread_create(&t, NULL, where == BESIDE ? run : run_after_go, (void *)way) == 0)
        pthread_join(t, NULL);
    return -1;
}

int end_of_child(const char *way) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); // or the host's handler prints a lot
        alarm(5);
        run((void *)way);
        _exit(99);
    }
    waitpid(child, &status, 0);
    return status;
}

static void *wait_for_usr2(void *set) {
    int sig;
    return (void *)(intptr_t)(sigwait(set, &sig) ? 0 : sig);
}

/* To somebody who waits for the signal, to a child, and no signal. */
int passes(void) {
    void *got = NULL;
    sigset_t usr2;
    pthread_t waits;
    int status = 0;
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    if (kill(getpid(), 0) || raise(0) || pthread_kill(pthread_self(), 0))
        return 1;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    if (kill(child, SIGKILL) || waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
        return 2;
    pthread_sigmask(SIG_BLOCK, &usr2, NULL);
    pthread_create(&waits, NULL, wait_for_usr2, &usr2);
    pthread_sigmask(SIG_UNBLOCK, &usr2, NULL);
    if (pthread_kill(waits, SIGUSR2) || pthread_join(waits, &got) || (intptr_t)got != SIGUSR2)
        return 3;
    if (raise(SIGWINCH) || raise(SIGTSTP) == 0 || errno != EPERM || daemon(0, 0) == 0 || errno != EPERM)
        return 4;
    return fortified_pass();
}

void call(void *f) {
    ((void (*)(void))f)();
}

/* Before the Go runtime starts, and behind that. */
static void in_constructor(const char *name) {
    size_t n = strlen(name);
    if (strncmp(hotso_describe()->name, name, n) != 0)
        return;
    const char *way = hotso_describe()->name + n;
    if (*way == 0)
        exit(11);
    if (strcmp(way, "_fault") == 0)
        by_fault();
    if (strcmp(way, "_strlen") == 0)
        by_strlen();
    if (strcmp(way, "_twice") == 0)
        by_free_twice();
    if (strcmp(way, "_recursion") == 0)
        by_recursion();
    if (strcmp(way, "_go") == 0 && (Add(1, 2) != 3 || Add(3, 4) != 7))
        exit(12);
}

__attribute__((constructor(150))) static void early(void) {
    in_constructor("early");
}
__attribute__((constructor)) static void late(void) {
    in_constructor("late");
}
