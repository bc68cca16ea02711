/* children.c: what is blocked in a child that a goroutine of the library starts. */
#include <signal.h>

#include "host.h"

static uint64_t blocked(int spawn) {
    char text[32] = "";
    size_t length = 0;
    if (FUNCTION(BlockedInChild)(spawn, text, sizeof text - 1, &length) != HOTSO_OK)
        return 0;
    return strtoull(text, NULL, 16);
}

static void handle(int sig) {
    (void)sig;
}

int main(int argc, char **argv) {
    sigset_t one, before;
    uint64_t usr1 = UINT64_C(1) << (SIGUSR1 - 1), usr2 = UINT64_C(1) << (SIGUSR2 - 1);
    if (argc != 2)
        return 2;
    signal(SIGUSR2, handle);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigprocmask(SIG_BLOCK, &one, &before); /* this the loader has blocked, and so has a child */
    load(argv[1]);
    sigprocmask(SIG_SETMASK, &before, NULL);
    start();
    check("by Spawn it is what the loader had", blocked(1) == usr1);
    check("else it is also what the host handles, and no more", blocked(0) == (usr1 | usr2));
    printf("end\n");
}
