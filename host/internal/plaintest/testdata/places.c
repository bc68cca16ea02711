/* places.c: where little is there: no /proc, little address space, another namespace of the dynamic
 * linker. Which of them is the second argument. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "host.h"

static int without_proc(const char *path, const char *dir) {
    if (chdir(dir) != 0 || (chroot(".") != 0 && (unshare(CLONE_NEWUSER) != 0 || chroot(".") != 0))) {
        printf("skipped: chroot: %s\n", strerror(errno));
        exit(0);
    }
    return access("/proc/self/maps", F_OK) != 0 && access(path, R_OK) == 0;
}

static void *nothing(void *unused) {
    return unused;
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 4)
        return 2;
    if (strcmp(argv[2], "chroot") == 0) {
        check("there is no /proc", without_proc(argv[1], argv[3]));
        load(argv[1]);
    } else if (strcmp(argv[2], "limit") == 0) {
        rlim_t bytes = strtoull(argv[3], NULL, 10) << 20;
        struct rlimit limit = {bytes, bytes};
        check("the limit is set", setrlimit(RLIMIT_AS, &limit) == 0);
        load(argv[1]);
    } else {
        /* Else the program's libc, which has the locks of the dynamic linker, would count on one thread. */
        pthread_t thread;
        check("a thread of the program",
              pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
        library = dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW);
        check("dlmopen", library != NULL);
        if (!library)
            fprintf(stderr, "%s\n", dlerror());
    }
    start();
    check("the library serves", serves());
    FUNCTION(Work)(8, 100);
    check("and under load", serves());
    printf("end\n");
}
