#include "local.h"

/* Static thread-local storage: a process has little, and gets little back. */
static __thread int64_t local __attribute__((tls_model("initial-exec"))) = 40;

int64_t count_local(void) {
    return ++local;
}
