/* fork.c: a child that is forked after the library was loaded is answered at once. */
#include <pthread.h>
#include <sys/wait.h>

#include "host.h"

/* Whether the child that f runs in ends well. It is killed if it hangs. */
static int in_child(int (*f)(void)) {
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(f() ? 0 : 1);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("the child died of signal %d\n", WTERMSIG(status));
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int says_why(hotso_status status) {
    char text[256];
    size_t length = 0;
    return FUNCTION(hotso_take)(status, text, 4, &length) == HOTSO_TOO_SMALL && length > 4 && length < 256 &&
           FUNCTION(hotso_take)(status, text, sizeof text, &length) == HOTSO_OK &&
           memmem(text, length, "forked after the library was loaded", 35) != NULL;
}

static int controls(void) {
    char out[16];
    size_t length = 0;
    uint64_t stream = 0;
    FUNCTION(hotso_cancel)(1);
    FUNCTION(hotso_stream_close)(1);
    FUNCTION(hotso_free)(NULL);
    return FUNCTION(hotso_start)(SECOND) == HOTSO_FORKED && FUNCTION(hotso_health)(SECOND) == HOTSO_FORKED &&
           FUNCTION(hotso_stop)(SECOND) == HOTSO_FORKED &&
           FUNCTION(hotso_save)(SECOND, out, sizeof out, &length) == HOTSO_FORKED &&
           FUNCTION(hotso_restore)(SECOND, "", 0) == HOTSO_FORKED &&
           FUNCTION(hotso_take_status)() == HOTSO_FORKED && FUNCTION(hotso_drill)("", 0) == HOTSO_FORKED &&
           FUNCTION(hotso_stream_read)(1, out, sizeof out, &length) == HOTSO_FORKED &&
           FUNCTION(hotso_debug)("", 0, &stream) == HOTSO_FORKED &&
           FUNCTION(hotso_take)(HOTSO_ERROR | 1 << 8, out, sizeof out, &length) == HOTSO_GONE &&
           FUNCTION(hotso_describe)()->abi == HOTSO_ABI_VERSION && says_why(HOTSO_FORKED);
}

static int exports(void) {
    char out[8];
    size_t length = 0;
    const uint32_t *pending = look_up("hotso_pending");
    FUNCTION(Collect)(); /* without an answer it would wait for ever */
    return FUNCTION(Add)(40, 2) == 0 && FUNCTION(Text)() == NULL && *pending > 0 &&
           FUNCTION(hotso_take_status)() == HOTSO_FORKED &&
           FUNCTION(Echo)("echo", 4, out, sizeof out, &length) == HOTSO_FORKED &&
           FUNCTION(Check)(2) == HOTSO_FORKED;
}

static int both(void) {
    return controls() && exports();
}

static int grandchild(void) {
    return in_child(both);
}

static void *of_a_thread(void *right) {
    FUNCTION(Add)(1, 2); /* the thread is bound to one of the runtime's */
    *(int *)right = in_child(both);
    return NULL;
}

int main(int argc, char **argv) {
    int right = 0;
    pthread_t thread;
    if (argc != 2)
        return 2;
    load(argv[1]);
    check("a child before the start", in_child(controls));
    start();
    check("controls in a child", in_child(controls));
    check("exports in a child", in_child(exports));
    check("a grandchild", in_child(grandchild));
    pthread_create(&thread, NULL, of_a_thread, &right);
    pthread_join(thread, NULL);
    check("a child of another thread", right);
    check("the parent", serves() && *(uint32_t *)look_up("hotso_pending") == 0);
    printf("end\n");
}
