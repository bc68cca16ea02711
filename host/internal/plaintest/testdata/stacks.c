/* stacks.c: calls on stacks that are small, or that libc does not know. */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "host.h"

#define SMALL ((size_t)64 << 10)

static ucontext_t main_context, coroutines[2];
static volatile int turns[2];

static int all_right(void) {
    return serves() && FUNCTION(Depth)(10000) == 10000 && FUNCTION(Check)(2) == HOTSO_OK;
}

/* Two coroutines that call and yield in turn. */
static void coroutine(int self) {
    for (int i = 0; i < 100; i++) {
        turns[self] += all_right();
        swapcontext(&coroutines[self], &main_context);
    }
}

static void *on_coroutines(void *both) {
    char *const volatile stacks = both; /* getcontext returns twice */
    for (volatile int c = 0; c < 2; c++) {
        getcontext(&coroutines[c]);
        coroutines[c].uc_stack.ss_sp = stacks + (size_t)c * SMALL;
        coroutines[c].uc_stack.ss_size = SMALL;
        coroutines[c].uc_link = &main_context;
        turns[c] = 0;
        makecontext(&coroutines[c], (void (*)(void))coroutine, 1, c);
    }
    for (int i = 0; i < 200; i++) {
        swapcontext(&main_context, &coroutines[i % 2]);
        if (!all_right()) /* and on the thread's own in between */
            return NULL;
    }
    return turns[0] == 100 && turns[1] == 100 ? stacks : NULL;
}

static void *call(void *right) {
    *(int *)right = all_right();
    return NULL;
}

static int on_thread(size_t size, void *(*f)(void *), void *arg, void **result) {
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, size);
    return pthread_create(&thread, &attr, f, arg) == 0 && pthread_join(thread, result) == 0;
}

static volatile int handled;

static void call_in_handler(int sig) {
    (void)sig;
    handled = all_right();
}

int main(int argc, char **argv) {
    int right = 0;
    void *result = NULL;
    if (argc != 2)
        return 2;
    char *stacks = mmap(NULL, 2 * SMALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    load(argv[1]);
    start();
    check("a thread of 64 KiB", on_thread(SMALL, call, &right, NULL) && right);
    check("coroutines of 64 KiB on the main thread", on_coroutines(stacks) != NULL);
    check("coroutines on another thread", on_thread(1 << 20, on_coroutines, stacks, &result) && result);
    stack_t alternate = {.ss_sp = stacks, .ss_size = SMALL};
    struct sigaction act = {.sa_handler = call_in_handler, .sa_flags = SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGUSR1, &act, NULL);
    raise(SIGUSR1);
    check("a call in a handler on an alternate stack", handled);
    printf("end\n");
}
