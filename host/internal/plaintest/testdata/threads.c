/* threads.c: threads of the host's that end after a call, and that are canceled in one. */
#include <dirent.h>
#include <pthread.h>

#include "host.h"

static int threads(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/task");
    while (d && readdir(d))
        n++;
    closedir(d);
    return n;
}

static void *call(void *right) {
    *(int *)right = FUNCTION(Add)(1, 2) == 3 && serves();
    return right;
}

static void *call_and_exit(void *right) {
    call(right);
    pthread_exit(right);
}

static volatile int inside, returned;

static void *be_canceled(void *unused) {
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    inside = 1;
    FUNCTION(Work)(4, 300);
    returned = 1;
    for (;;)
        pthread_testcancel();
    return unused;
}

static int many(void *(*f)(void *), int n) {
    int all = 1;
    for (int i = 0; i < n; i++) {
        pthread_t thread;
        int right = 0;
        all &= pthread_create(&thread, NULL, f, &right) == 0 && pthread_join(thread, NULL) == 0 && right;
    }
    return all;
}

int main(int argc, char **argv) {
    pthread_t thread;
    void *result = NULL;
    if (argc != 2)
        return 2;
    load(argv[1]);
    start();
    check("200 threads that call and return", many(call, 200));
    int before = threads();
    check("1000 more", many(call, 1000));
    check("200 that call and pthread_exit", many(call_and_exit, 200));
    check("none stays", threads() <= before + 8); /* the runtime may start some of its own */
    pthread_create(&thread, NULL, be_canceled, NULL);
    while (!inside)
        usleep(1000);
    usleep(20000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    check("a thread that is canceled in a call ends when the call has returned",
          result == PTHREAD_CANCELED && returned);
    check("the library serves", serves());
    printf("end\n");
}
