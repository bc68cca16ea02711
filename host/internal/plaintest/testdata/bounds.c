/* bounds.c: the Go runtime asks only once for the bounds of the first thread's stack, though calls come on
 * another. */
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "host.h"

#define SIZE ((size_t)256 << 10)

static int asked;
static ucontext_t caller, coroutine;
static volatile int right = 1;

/* The library finds this one first, as symbols of the program come before libc's. */
__attribute__((visibility("default"))) int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr) {
    static int (*real)(pthread_t, pthread_attr_t *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_getattr_np");
    asked++;
    return real(thread, attr);
}

static void call(void) {
    for (int i = 0; i < 100; i++)
        right = right && serves();
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    load(argv[1]);
    start();
    check("on the thread's own stack", serves());
    check("the runtime asks", asked > 0);
    asked = 0;
    getcontext(&coroutine);
    coroutine.uc_stack.ss_sp = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    coroutine.uc_stack.ss_size = SIZE;
    coroutine.uc_link = &caller;
    makecontext(&coroutine, call, 0);
    swapcontext(&caller, &coroutine);
    check("a hundred calls on another stack", right);
    check("it has not asked again", asked == 0);
    printf("end\n");
}
