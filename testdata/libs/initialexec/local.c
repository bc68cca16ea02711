#include "local.h"

/* This takes static thread-local storage, of which a process has little, and which is
 * seldom given back. */
static __thread int64_t local __attribute__((tls_model("initial-exec"))) = 40;

int64_t count_local(void) {
    return ++local;
}
