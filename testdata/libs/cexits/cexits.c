#define _GNU_SOURCE
#include "cexits.h"
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
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

/* What a compiler makes of calls with -D_FORTIFY_SOURCE when it knows the size of the buffer. */
static char *volatile text = "longer than the buffer is";
static volatile size_t long_size = 24;
long __fdelt_chk(long);
ssize_t __read_chk(int, void *, size_t, size_t);
char *__fgets_chk(char *, size_t, int, FILE *);

static void by_memcpy_chk(char *to, size_t room) {
    __builtin___memcpy_chk(to, text, long_size, room);
}
static void by_mempcpy_chk(char *to, size_t room) {
    length = (size_t)((char *)__builtin___mempcpy_chk(to, text, long_size, room) - to);
}
static void by_memmove_chk(char *to, size_t room) {
    __builtin___memmove_chk(to, text, long_size, room);
}
static void by_memset_chk(char *to, size_t room) {
    __builtin___memset_chk(to, 'x', long_size, room);
}
static void by_strcpy_chk(char *to, size_t room) {
    __builtin___strcpy_chk(to, text, room);
}
static void by_stpcpy_chk(char *to, size_t room) {
    length = (size_t)(__builtin___stpcpy_chk(to, text, room) - to);
}
static void by_strncpy_chk(char *to, size_t room) {
    __builtin___strncpy_chk(to, text, long_size, room);
}
static void by_strcat_chk(char *to, size_t room) {
    *(volatile char *)to = 0;
    __builtin___strcat_chk(to, text, room);
}
static void by_strncat_chk(char *to, size_t room) {
    *(volatile char *)to = 0;
    __builtin___strncat_chk(to, text, long_size, room);
}
static void by_sprintf_chk(char *to, size_t room) {
    __builtin___sprintf_chk(to, 1, room, "%s", text);
}
static void by_snprintf_chk(char *to, size_t room) {
    __builtin___snprintf_chk(to, long_size, 1, room, "%s", text);
}
static void by_read_chk(char *to, size_t room) {
    length = (size_t)__read_chk(-1, to, long_size, room);
}
static void by_fgets_chk(char *to, size_t room) {
    FILE *f = tmpfile();
    fputs(text, f);
    rewind(f);
    to = __fgets_chk(to, room, (int)long_size, f);
    fclose(f);
}
static void by_fdelt_chk(char *to, size_t room) {
    *to = (char)__fdelt_chk(room < long_size ? 1024 : 1023);
}

static const struct {
    const char *name;
    void (*f)(char *, size_t);
} writers[] = {
    {"memcpy", by_memcpy_chk},   {"mempcpy", by_mempcpy_chk},   {"memmove", by_memmove_chk},
    {"memset", by_memset_chk},   {"strcpy", by_strcpy_chk},     {"stpcpy", by_stpcpy_chk},
    {"strncpy", by_strncpy_chk}, {"strcat", by_strcat_chk},     {"strncat", by_strncat_chk},
    {"sprintf", by_sprintf_chk}, {"snprintf", by_snprintf_chk}, {"read", by_read_chk},
    {"fgets", by_fgets_chk},     {"FD_SET", by_fdelt_chk},
};

/* With a buffer that is large enough all goes on. */
static void overflow(const char *name) {
    char to[64];
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++)
        if (strcmp(writers[i].name, name) == 0) {
            writers[i].f(to, sizeof to);
            writers[i].f(to, long_size - 1);
        }
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

/* fgets(3) may be told of more room than there is, if the line is not that long. */
static int lines_pass(void) {
    char to[8];
    FILE *f = tmpfile();
    if (!f || fputs("1234567\n123456\nlast", f) == EOF)
        return 5;
    fseek(f, 2, SEEK_SET);
    for (size_t i = 0; i < 3; i++) {
        static const char *const lines[] = {"34567\n", "123456\n", "last"};
        if (__fgets_chk(to, sizeof to, 100, f) != to || strcmp(to, lines[i]) != 0)
            return 6;
    }
    if (__fgets_chk(to, sizeof to, 100, f) != NULL || !feof(f) || fclose(f) != 0)
        return 7;
    return 0;
}

/* What open(2) and openat(2) are with -D_FORTIFY_SOURCE. */
int __open_2(const char *, int);
int __openat_2(int, const char *, int);
static int leaves_open(void) {
    return __open_2("/proc/self/mountinfo", O_RDONLY) < 0 ||
                   __openat_2(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY) < 0
               ? 8
               : 0;
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
    return lines_pass() + leaves_open();
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

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A block got in one of the ways there are. Its memory is left as it is. */
static void *some_block(uint64_t *state) {
    void *got = NULL;
    size_t n = (size_t)(next_random(state) >> (10 + next_random(state) % 20));
    size_t alignment = (size_t)16 << next_random(state) % 13;
    if (next_random(state) % 1000 == 0)
        n = 40 << 20;
    switch (next_random(state) % 6) {
    case 0:
        return calloc(1, n % 100000);
    case 1:
        return posix_memalign(&got, alignment, n) == 0 ? got : NULL;
    case 2:
        return aligned_alloc(alignment, n);
    case 3:
        return valloc(n);
    case 4:
        return strndup("a block of a string", n);
    default:
        return malloc(n);
    }
}

static void *use_heap(void *seed) {
    void *all[256] = {0};
    uint64_t state = (uint64_t)(uintptr_t)seed;
    for (int i = 0; i < 20000; i++) {
        size_t at = (size_t)next_random(&state) % 256;
        if (next_random(&state) % 4 == 0) {
            void *moved = realloc(all[at], 1 + (size_t)next_random(&state) % 5000);
            all[at] = moved ? moved : all[at];
        } else {
            free(all[at]);
            all[at] = some_block(&state);
        }
    }
    for (size_t i = 0; i < 256; i++)
        free(all[i]);
    return NULL;
}

/* Threads that end leave what they have kept to others. */
void heap_use(int rounds) {
    pthread_t t[8];
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < 8; i++)
            pthread_create(&t[i], NULL, use_heap, (void *)(uintptr_t)(8 * r + i));
        for (int i = 0; i < 8; i++)
            pthread_join(t[i], NULL);
    }
}
