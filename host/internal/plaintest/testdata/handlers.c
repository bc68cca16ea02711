/* handlers.c: handlers that a host installs before or after it loads the library. */
#include <signal.h>
#include <sys/time.h>

#include "host.h"

static struct sigaction before_segv, before_urg;
static volatile sig_atomic_t faults, urgent;

/* As glibc's manual says for handlers that others may have had: what is not ours goes to them. */
static void forward(const struct sigaction *to, int sig, siginfo_t *info, void *context) {
    if (to->sa_flags & SA_SIGINFO)
        to->sa_sigaction(sig, info, context);
}

static void on_fault(int sig, siginfo_t *info, void *context) {
    faults++;
    forward(&before_segv, sig, info, context);
}

static void on_urg(int sig, siginfo_t *info, void *context) {
    urgent++;
    forward(&before_urg, sig, info, context);
}

static int panics(void) {
    hotso_status status = FUNCTION(Fault)();
    char text[4096];
    size_t length = 0;
    FUNCTION(hotso_take)(status, text, sizeof text, &length);
    return HOTSO_KIND(status) == HOTSO_PANIC;
}

static volatile sig_atomic_t ticks;

/* More than what is left of a goroutine's stack, where it would run without an alternate one. */
static void tick(int sig) {
    volatile char deep[16384];
    memset((char *)deep, sig, sizeof deep);
    ticks++;
}

/* Calls while the timer's signal comes every millisecond. */
static int calls_under(int timer) {
    struct itimerval every = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    int right = 1;
    ticks = 0;
    setitimer((__itimer_which_t)timer, &every, NULL);
    for (int i = 0; i < 1000 || ticks < 100; i++)
        right &= FUNCTION(Depth)(20) == 20 && serves();
    setitimer((__itimer_which_t)timer, &never, NULL);
    return right;
}

int main(int argc, char **argv) {
    struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    if (argc != 2)
        return 2;
    struct sigaction now, plain = {.sa_handler = tick, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &plain, NULL);
    load(argv[1]);
    start();
    check("the runtime gives earlier handlers its alternate stack",
          sigaction(SIGALRM, NULL, &now) == 0 && now.sa_flags & SA_ONSTACK);
    check("and they interrupt calls", calls_under(ITIMER_REAL));
    plain.sa_flags |= SA_ONSTACK;
    sigaction(SIGVTALRM, &plain, NULL);
    check("so do later ones with SA_ONSTACK", calls_under(ITIMER_VIRTUAL));
    check("a fault in Go is a panic", panics() && faults == 0);
    sigaction(SIGSEGV, &act, &before_segv);
    check("also if a handler of the host's passes it on", panics() && faults == 1);
    act.sa_sigaction = on_urg;
    sigaction(SIGURG, &act, &before_urg);
    check("a loop without calls is interrupted", FUNCTION(CollectBesideLoop)(20000) < 10 * SECOND);
    check("by the signal that the host passes on", urgent > 0);
    check("the library serves", serves());
    printf("end\n");
}
