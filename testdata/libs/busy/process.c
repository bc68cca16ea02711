#define _GNU_SOURCE
#include <grp.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "process.h"

static int affinity(pthread_t thread, pid_t id) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && sched_setaffinity(id, sizeof set, &set) == 0 &&
           pthread_setaffinity_np(thread, sizeof set, &set) == 0;
}

static void *own(void *arg) {
    return (void *)(long)(affinity(pthread_self(), 0) && setpriority(PRIO_PROCESS, 0, 5) == 0);
}

int change_process(const char *directory) {
    struct rlimit limit;
    mode_t mask = umask(0);
    pthread_t thread;
    void *result = NULL;
    umask(mask);
    int ok =
        chdir(directory) == 0 && getrlimit(RLIMIT_CORE, &limit) == 0 && setrlimit(RLIMIT_CORE, &limit) == 0;
    ok = ok && prlimit(0, RLIMIT_CORE, NULL, &limit) == 0; /* asks only */
    ok = ok && setenv("HOTSO_TEST", "1", 1) == 0 && unsetenv("HOTSO_TEST") == 0;
    ok = ok && setlocale(LC_NUMERIC, NULL) && setlocale(LC_NUMERIC, "C");
    ok = ok && setgid(getgid()) == 0 && affinity(pthread_self(), 0);
    ok = ok && prctl(PR_SET_DUMPABLE, prctl(PR_GET_DUMPABLE)) == 0;
    ok = ok && syscall(SYS_chdir, directory) == 0;
    ok = ok && pthread_create(&thread, NULL, own, NULL) == 0 && pthread_join(thread, &result) == 0;
    return ok && result;
}
