/* stacks.c: calls through libhotso on stacks that are small, or that libc does not know, on threads that end
 * after a call or are canceled in one, and swaps between them. Arguments: versions 1 and 2 of a library with
 * Add and Work.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "hotso.h"

#define SMALL ((size_t)64 << 10)

static hotsoh_slot slot;
static hotsoh_function add, work;
static int32_t (*direct)(int32_t, int32_t);
static char **versions;
static ucontext_t main_context, coroutines[2];
static volatile int turns[2];

static void check(const char *what, int ok) {
    printf("%s: %s\n", what, ok ? "ok" : "WRONG");
    fflush(stdout);
}

/* Whether a function returned OK. Its error is in the variable error. */
static _Thread_local hotsoh_error *error;
static int ok(hotsoh_status status) {
    if (status)
        printf("  %s\n", error ? error->text : hotsoh_status_name(status));
    hotsoh_free(error);
    error = NULL;
    return status == HOTSOH_OK;
}

static int swap(int version) {
    return ok(hotsoh_slot_swap(slot, versions[version], 0, NULL, &error));
}

static int right(void) {
    uint64_t args[] = {40, 2}, result = 0;
    if (!ok(hotsoh_invoke(add, args, 2, &result, &error)) || (int32_t)result != 42)
        return 0;
    return !direct || direct(40, 2) == 42;
}

static void coroutine(int self) {
    for (int i = 0; i < 100; i++) {
        turns[self] += right();
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
        if ((i % 50 == 0 && !swap(i / 50 % 2)) || !right())
            return NULL;
    }
    return turns[0] == 100 && turns[1] == 100 ? stacks : NULL;
}

static void *call(void *result) {
    *(int *)result = right();
    return result;
}

static void *call_and_exit(void *result) {
    call(result);
    pthread_exit(result);
}

static int many(void *(*f)(void *), int n, size_t size) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, size);
    int all = 1;
    for (int i = 0; i < n; i++) {
        pthread_t thread;
        int result = 0;
        all &= pthread_create(&thread, &attr, f, &result) == 0 && pthread_join(thread, NULL) == 0 && result;
    }
    return all;
}

static volatile int inside, returned;

static void *be_canceled(void *unused) {
    uint64_t args[] = {4, 300}, result;
    inside = 1;
    hotsoh_invoke(work, args, 2, &result, NULL);
    returned = 1;
    for (;;)
        pthread_testcancel();
    return unused;
}

static volatile int handled;

static void call_in_handler(int sig) {
    (void)sig;
    handled = right();
}

int main(int argc, char **argv) {
    pthread_t thread;
    void *result = NULL;
    if (argc != 3)
        return 2;
    versions = argv + 1;
    char *stacks = mmap(NULL, 2 * SMALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    hotsoh_settings back_too = 0;
    if (!ok(hotsoh_settings_new(&back_too, &error)) ||
        !ok(hotsoh_settings_set(back_too, "allow_downgrade", "true", &error)) ||
        !ok(hotsoh_slot_new("plain", back_too, &slot, &error)) || !swap(0) ||
        !ok(hotsoh_prepare(slot, "Add", NULL, &add, &error)) ||
        !ok(hotsoh_prepare(slot, "Work", NULL, &work, &error)))
        return 1;
    void *pointer = NULL;
    if (hotsoh_pointer(add, &pointer, NULL) == HOTSOH_OK)
        memcpy(&direct, &pointer, sizeof direct);

    check("a thread of 64 KiB", many(call, 1, SMALL));
    check("200 threads that call and return", many(call, 200, PTHREAD_STACK_MIN + SMALL));
    check("a swap after them", swap(1));
    check("200 that call and pthread_exit", many(call_and_exit, 200, PTHREAD_STACK_MIN + SMALL));
    check("a swap after these", swap(0));
    check("coroutines of 64 KiB on the main thread, and swaps", on_coroutines(stacks) != NULL);
    pthread_create(&thread, NULL, on_coroutines, stacks);
    check("coroutines on another thread, and swaps", pthread_join(thread, &result) == 0 && result);

    stack_t alternate = {.ss_sp = stacks, .ss_size = SMALL};
    struct sigaction act = {.sa_handler = call_in_handler, .sa_flags = SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGUSR1, &act, NULL);
    raise(SIGUSR1);
    check("a call in a handler on an alternate stack", handled);

    pthread_create(&thread, NULL, be_canceled, NULL);
    while (!inside)
        usleep(1000);
    usleep(20000);
    pthread_cancel(thread);
    check("a swap waits for a call whose thread is canceled", swap(1) && returned);
    pthread_join(thread, &result);
    check("a thread that is canceled in a call ends when that has returned", result == PTHREAD_CANCELED);
    check("and the next one is answered", right());
    check("all is let go", ok(hotsoh_close(slot, 0, NULL, &error)));
    printf("end\n");
}
