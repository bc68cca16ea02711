/* signals.c: a timer every millisecond, whose handler runs on the host's threads only. */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "host.h"

static __thread int is_hosts;
static volatile sig_atomic_t on_hosts, on_others;

static void handle(int sig) {
    (void)sig;
    if (is_hosts)
        on_hosts++;
    else
        on_others++;
}

static void mask(int how) {
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(how, &alarm, NULL);
}

static void *worker(void *unused) {
    is_hosts = 1;
    mask(SIG_UNBLOCK);
    for (int i = 0; i < 200; i++)
        if (!serves())
            check("a call", 0);
    FUNCTION(Work)(8, 300);
    return unused;
}

int main(int argc, char **argv) {
    struct sigaction act = {.sa_handler = handle, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    pthread_t threads[4];
    sigset_t before, after;
    uint64_t collected;
    if (argc != 2)
        return 2;
    is_hosts = 1;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    load(argv[1]);
    start();
    mask(SIG_BLOCK); /* until they have said that they are the host's */
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, worker, NULL);
    worker(NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    setitimer(ITIMER_REAL, &never, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    check("the handler runs", on_hosts > 0);
    check("on the host's threads only", on_others == 0);
    check("the loader's mask is as before", /* the kernel's is the first word */
          memcmp(&before, &after, sizeof(uint64_t)) == 0);
    collected = (uint64_t)FUNCTION(CollectBesideLoop)(20000);
    check("a collection interrupts a loop without calls", collected < 10 * SECOND);
    sigaddset(&before, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &before, NULL); /* so only a thread of the library's can take it */
    check("the library is notified of what it asks for", FUNCTION(Notified)(SIGUSR1));
    printf("end\n");
}
